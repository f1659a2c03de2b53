/** A guard that a control takes out: a piece of a built file, and what stands there instead. */
export interface Guard {
  /** From the root of the repository: `apps/allocator/dist/domain/vm.js`. */
  readonly file: string;
  /** Stands in the file just once. */
  readonly find: string;
  readonly replace: string;
}

/** Whether a guard's text stands just once in a text. */
export const standsOnce = (text: string, { find }: Pick<Guard, 'find'>): boolean => text.split(find).length === 2;
