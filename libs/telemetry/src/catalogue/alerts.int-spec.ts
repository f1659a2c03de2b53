import { describe, expect, it } from '@jest/globals';
import { findPromtool } from '@vfleet/testing';
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const FOLDER = fileURLToPath(new URL('../../../../deploy/prometheus', import.meta.url));
const promtool = await findPromtool();

const check = (folder: string, ...args: readonly string[]): { readonly status: number | null; readonly said: string } => {
  const { status, stdout, stderr } = spawnSync(promtool as string, args, { cwd: folder, encoding: 'utf8' });
  return { status, said: stdout + stderr };
};

describe('the alert rules, as promtool judges them', () => {
  if (promtool === undefined) it.todo('are not judged: promtool is neither here nor among the system’s packages');
  else {
    it('are rules, and fire when they should', () => {
      expect(check(FOLDER, 'check', 'rules', 'alerts.yml')).toMatchObject({ status: 0 });
      expect(check(FOLDER, 'test', 'rules', 'alerts.test.yml')).toMatchObject({ status: 0 });
    });

    it('are refused where one of them would not fire', () => {
      const folder = mkdtempSync(join(tmpdir(), 'vfleet-alerts-'));
      try {
        cpSync(FOLDER, folder, { recursive: true });
        const rules = readFileSync(join(folder, 'alerts.yml'), 'utf8');
        const mute = rules.replace('max(vfleet_dead_letters) > 0', 'max(vfleet_dead_letters) > 10');
        expect(mute).not.toBe(rules);
        writeFileSync(join(folder, 'alerts.yml'), mute);
        const { status, said } = check(folder, 'test', 'rules', 'alerts.test.yml');
        expect(status).not.toBe(0);
        expect(said).toContain('VfleetDeadLetters');
      } finally {
        rmSync(folder, { recursive: true, force: true });
      }
    });
  }
});
