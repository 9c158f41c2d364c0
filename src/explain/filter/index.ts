export { compileFilter, type FilterOptions, type FilterPredicate } from './compile.ts';
export { FilterError } from './error.ts';
export { FILTER_FIELDS, type FilterField } from './fields.ts';
export { nearest } from './nearest.ts';
