import { describe, it } from '@jest/globals';
import fc from 'fast-check';
import { ModelWorld, someMoves, type Happening } from '../testing/model-world.js';
import { VM_ENDED, hasEnded, isOpen } from './saga.js';

const RUNS = Number(process.env['VFLEET_PROPERTY_RUNS'] ?? 6_000);
/** Of a thousand happenings: how many are mishaps, interventions, and ends or stray moves of the VM. */
const MISHAPS = 200;
const INTERVENTIONS = 40;
const RARE = 3;
/** The same of a VM that has ended: how many are its next start. */
const RESTARTS = 150;
/** Turns after which a move that goes on is taken to go on for ever. */
const ENOUGH = 400;

const step = fc.record({ luck: fc.nat(999), pick: fc.nat(9_999) });
const history = fc.record({ moves: fc.constantFrom(...someMoves), steps: fc.array(step, { maxLength: 90, size: 'max' }) });

const choices = (world: ModelWorld, luck: number): readonly Happening[] => {
  if (world.vm.ended && luck < RESTARTS) return [{ what: 'VM starts anew', happen: () => world.startAnew() }];
  if (luck < RARE) return world.vm.ended || world.anew ? [] : [{ what: 'VM ends', happen: () => world.endVm() }];
  if (luck < 2 * RARE) return [{ what: 'VM moves unasked', happen: () => world.moveUnasked() }];
  if (luck < 2 * RARE + INTERVENTIONS) return world.interventions();
  return luck < 2 * RARE + INTERVENTIONS + MISHAPS ? world.mishaps() : world.progress();
};

const happen = (world: ModelWorld, one: Happening | undefined): void => {
  if (!one) return;
  world.log.push(one.what);
  one.happen();
  if (world.broken.length > 0) throw new Error(`${world.broken.join('; ')}\n${world.log.join('\n')}`);
};

/** Nothing goes wrong any more, and whatever is waited for comes, or its time is over. */
const calmDown = (world: ModelWorld): void => {
  for (let turn = 0; turn < ENOUGH; turn += 1) {
    const [delivery] = world.deliveries();
    if (delivery) {
      happen(world, delivery);
      continue;
    }
    for (const ask of world.asks()) happen(world, ask);
    if (world.deliveries().length > 0) continue;
    const [moved] = world.platformMoves();
    if (moved) happen(world, moved);
    else if (isOpen(world.saga)) {
      world.report();
      world.log.push('calm: VM tells, then time passes');
      for (const heard of world.deliveries()) happen(world, heard);
      if (!world.passTime() && world.deliveries().length === 0 && world.asks().length === 0) return;
    } else return;
  }
  throw new Error(`it does not come to an end\n${world.log.slice(-40).join('\n')}`);
};

const demand = (world: ModelWorld, what: string, isSo: boolean): void => {
  if (!isSo) throw new Error(`${what}; the saga is ${world.saga.state} (${world.saga.code})\n${world.log.join('\n')}`);
};

/** Orders of which the log does not say what became of them. */
const unanswered = ({ events }: ModelWorld): readonly string[] => {
  const open = new Set<string>();
  for (const { type, data } of events) {
    if (type === 'HostdevUnplugRequested' || type === 'HostdevPlugRequested') open.add(data.commandId);
    if (type === 'HostdevUnplugged' || type === 'HostdevPlugged' || type === 'HostdevCommandFailed') open.delete(data.commandId);
  }
  return [...open];
};

const expectEnded = (world: ModelWorld): void => {
  const { saga, agents, allocator, vm, moves } = world;
  demand(world, 'it has to end', hasEnded(saga) && !isOpen(saga));
  demand(world, 'every order has to have an end in the log', unanswered(world).length === 0);
  if (vm.ended || world.anew || saga.code === VM_ENDED) return;
  if (world.unasked && saga.state !== 'completed') return;
  const onTarget = [...(allocator.target?.values() ?? [])].filter((id) => !agents.target.vanished.has(id));
  for (const { where, move } of saga.devices) {
    demand(world, 'what is not known needs an operator', where !== 'unknown' || saga.state === 'failed');
    demand(
      world,
      `${move.requestName} is ${where}`,
      where === 'unknown' || (where === 'source') === agents.source.attached.has(move.source.deviceId),
    );
    const there = move.target?.deviceId ?? '';
    const isUnsure = agents.target.vanished.has(there) || world.isStuck(there);
    demand(world, `${move.requestName} is ${where}`, isUnsure || (where === 'target') === agents.target.attached.has(there));
  }
  switch (saga.state) {
    case 'completed':
      demand(world, 'nothing may be left at the source', agents.source.attached.size === 0 && allocator.source.size === 0);
      demand(
        world,
        'all that is held on the target has to be attached',
        onTarget.every((id) => agents.target.attached.has(id)),
      );
      demand(world, 'nothing else may be attached on the target', world.strays().length === 0);
      return demand(world, 'the VM has to be there', vm.at === 'target');
    case 'rolledBack':
    case 'cancelled':
      demand(
        world,
        'all has to be attached at the source',
        moves.every(({ source }) => agents.source.attached.has(source.deviceId)),
      );
      demand(world, 'all has to be held at the source', allocator.source.size === moves.length);
      demand(world, 'nothing may be held or attached on the target', onTarget.length === 0 && world.strays().length === 0);
      return demand(world, 'the VM has to be there', vm.at === 'source');
    case 'failed':
      demand(world, 'nothing may be freed', allocator.source.size === moves.length);
      return demand(world, 'what is attached on the target has to be held', world.strays().length === 0);
    default:
      return demand(world, 'it may not be rejected once it runs', saga.state === 'rejected');
  }
};

describe('a move, whatever is late, lost, doubled, refused or restarted', () => {
  it('breaks no promise on its way, ends, and leaves every device where it says', () => {
    fc.assert(
      fc.property(history, ({ moves, steps }) => {
        const world = new ModelWorld(moves);
        for (const { luck, pick } of steps) {
          const possible = choices(world, luck);
          happen(world, possible[pick % Math.max(possible.length, 1)]);
        }
        world.log.push('--- calm');
        calmDown(world);
        expectEnded(world);
      }),
      { numRuns: RUNS },
    );
  });
});
