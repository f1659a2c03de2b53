import { compileWhere } from '@vfleet/cel';
import { invalidRequest, isStorable } from '@vfleet/contracts';
import type { DeviceEntity } from '../read-model/device.entity.js';
import { readsPools } from './pooled-filter.js';

/** An expression over `device`, ready to be asked. */
export interface Where {
  readonly fits: (row: Pick<DeviceEntity, 'observation' | 'traits'>) => boolean;
  /** It asks of nothing but what pools of devices are told apart by. */
  readonly ofPools: boolean;
  /** Attributes that a row has these values of wherever it fits, as it stands in the database; tags as `tags.<key>`. */
  readonly equals: ReadonlyMap<string, string | number>;
  /** What it said of pools, by name. */
  readonly tried: Map<string, boolean>;
}

/**
 * The rows for which an expression over `device` is true; undefined where none is asked for.
 * @throws ApiError 400, naming `where`
 */
export const readWhere = (where: string | undefined): Where | undefined => {
  if (where === undefined) return undefined;
  const compiled = compileWhere(where);
  if ('fault' in compiled) throw invalidRequest([{ field: 'where', message: compiled.fault }]);
  const known = answers.get(compiled);
  if (known) return known;
  const made: Where = {
    fits: ({ observation, traits }) => compiled.test(Object.assign({} as Record<string, unknown>, observation, traits)),
    ofPools: readsPools(compiled.reads),
    equals: new Map([...compiled.equals].filter((one) => one.every((part) => isStorable(String(part))))),
    tried: new Map(),
  };
  answers.set(compiled, made);
  return made;
};

/** As long as an expression is kept compiled. */
const answers = new WeakMap<object, Where>();
