import { parseWanted, type CompileWhere, type Parsed } from '@vfleet/pci';
import { toCatalog, type CatalogState } from './catalog.js';
import type { Wishes } from './vm.js';

/** Wishes that are remembered for one state of the catalogue; the oldest makes room. */
const REMEMBERED = 256;

interface Known {
  readonly compileWhere: CompileWhere;
  readonly answers: Map<string, Parsed>;
}

const known = new WeakMap<CatalogState, Known>();

/** What a VM wants, with its names looked up. Most VMs of a fleet want one of a few things: each is parsed once. */
export const parsedWishes = (catalog: CatalogState, { devices, offering }: Wishes, compileWhere: CompileWhere): Parsed => {
  const { answers } = knownOf(catalog, compileWhere);
  const key = JSON.stringify([devices, offering]);
  const found = answers.get(key);
  if (found) return found;
  const parsed = parseWanted({ devices, ...(offering !== undefined && { offering }) }, { catalog: toCatalog(catalog), compileWhere });
  const [oldest] = answers.keys();
  if (answers.size >= REMEMBERED && oldest !== undefined) answers.delete(oldest);
  answers.set(key, parsed);
  return parsed;
};

const knownOf = (catalog: CatalogState, compileWhere: CompileWhere): Known => {
  const before = known.get(catalog);
  if (before?.compileWhere === compileWhere) return before;
  const made = { compileWhere, answers: new Map<string, Parsed>() };
  known.set(catalog, made);
  return made;
};
