import { spawn } from 'node:child_process';

const STILL_EVERY_MS = 10_000;
const LAST_LINES = 15;

export const say = (message) => process.stdout.write(`vfleet: ${message}\n`);

/** A step that failed; `advice` says what to do. */
export class StepFailed extends Error {}

const ADVICE = [
  [/ENOSPC|no space left/i, 'the disk is full: free some space and start again'],
  [/EACCES|EPERM|permission denied|EROFS/i, 'a folder may not be written: check who owns this checkout'],
  [/ENOTFOUND|EAI_AGAIN|ETIMEDOUT|ECONNREFUSED|ECONNRESET|network/i, 'the npm registry cannot be reached: check the network or the proxy'],
  [/in sync|Missing: .* from lock/i, 'package-lock.json does not fit package.json: npm install, then node scripts/complete-lock.mjs'],
];

const adviceFor = (written) => ADVICE.find(([sign]) => sign.test(written))?.[1] ?? 'what it wrote last stands above';

/** npm undoes what it has begun when it is interrupted, for a quarter of a minute; what it leaves, the next start clears away. */
const STOP_WITHIN_MS = 2_000;

/** Passes the signals that ask us to stop on to a child, for as long as it runs. */
export const passSignals = (child, onPassed = () => undefined) => {
  const names = ['SIGINT', 'SIGTERM', 'SIGHUP'];
  const pass = (name) => {
    child.kill(name);
    onPassed();
  };
  names.forEach((name) => process.on(name, pass));
  child.once('exit', () => names.forEach((name) => process.off(name, pass)));
};

/** Runs one step quietly; every 10 s it says that it is still at it, and shows the step's own words only when it fails. */
export const step = (what, command, args, options = {}) =>
  new Promise((resolve, reject) => {
    const began = Date.now();
    const seconds = () => Math.round((Date.now() - began) / 1000);
    say(what);
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], ...options });
    let written = '';
    for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text) => (written += text));
    const still = setInterval(() => say(`${what}: still at it after ${seconds()} s`), STILL_EVERY_MS);
    let stopped = false;
    let force;
    passSignals(child, () => {
      stopped = true;
      force ??= setTimeout(() => child.kill('SIGKILL'), STOP_WITHIN_MS);
    });
    child.once('error', (error) => ((written += error.message), finish(1)));
    child.once('close', (code, signal) => finish(code, signal));
    const finish = (code, signal) => {
      clearInterval(still);
      clearTimeout(force);
      if (stopped) return reject(new StepFailed(`${what}: stopped`));
      if (code === 0) return resolve();
      if (!signal) process.stderr.write(`${written.trim().split('\n').slice(-LAST_LINES).join('\n')}\n`);
      reject(new StepFailed(signal ? `${what}: stopped` : `${what} failed: ${adviceFor(written)}`));
    };
  });
