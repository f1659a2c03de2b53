import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { runCommand } from './run-command.js';

/** An image that holds a static binary in its root. */
const IMAGE = 'docker.io/library/nats:2.10';
const ENGINES = ['docker', 'podman'];
const ANSWERS_WITHIN_MS = 5_000;

/**
 * Takes the program out of its image, where a container engine answers: the server runs as a process of ours like any
 * other, and no container is left. Answers why not, undefined when it is there.
 */
export const takeFromImage = async (toolsDir: string): Promise<string | undefined> => {
  const engine = await answeringEngine();
  if (engine === undefined) return 'no container engine answers';
  const created = await runCommand(engine, ['create', IMAGE]);
  const container = created.output.split('\n').at(-1);
  if (!created.ok || !container) return created.trouble;
  mkdirSync(toolsDir, { recursive: true });
  const copied = await runCommand(engine, ['cp', `${container}:/nats-server`, join(toolsDir, 'nats-server')]);
  await runCommand(engine, ['rm', '-f', container]);
  return copied.ok ? undefined : copied.trouble;
};

/** A client program alone says nothing: the engine behind it has to answer. */
const answeringEngine = async (): Promise<string | undefined> => {
  for (const engine of ENGINES) if ((await runCommand(engine, ['info'], '/', ANSWERS_WITHIN_MS)).ok) return engine;
  return undefined;
};
