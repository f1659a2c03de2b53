export { compileWhere } from './compile-where.js';
export { WHERE_ATTRIBUTES } from './vocabulary.js';
