/** The decorators' registry, which class-transformer exports without types; class-validator-jsonschema needs it. */
declare module 'class-transformer/cjs/storage.js' {
  export const defaultMetadataStorage: object;
}
