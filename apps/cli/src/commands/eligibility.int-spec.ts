import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { aCommandLine, type CommandLine, type Ended } from '../../spec/stand-in.js';

let line: CommandLine;
beforeAll(async () => {
  line = await aCommandLine();
});
afterEach(() => line.system.forget());
afterAll(() => line.close());

const vfleet = (...words: string[]): Promise<Ended> => line.run(['eligibility', ...words]);

describe('vfleet eligibility', () => {
  it('shows the classes that hosts keep, and why', async () => {
    const { code, out } = await vfleet('show');
    expect([code, out]).toEqual([0, expect.stringMatching(/^CLASS +REASON\n05 +memory controller\n06 +bridge\n0c03 /)]);
    expect(line.system.asked).toEqual([{ subject: 'eligibility.get', body: {} }]);
  });

  it('puts a list in the place of the one of before', async () => {
    expect((await vfleet('set', '06=bridge', '0c03=USB = all', '07')).code).toBe(0);
    const excludedClasses = [{ class: '06', reason: 'bridge' }, { class: '0c03', reason: 'USB = all' }, { class: '07' }];
    expect(line.system.asked).toEqual([{ subject: 'eligibility.put', body: { excludedClasses } }]);
  });

  it('goes back to the list that holds as long as nobody has said anything', async () => {
    await vfleet('set', '--defaults');
    const [{ body } = { body: undefined }] = line.system.asked;
    expect((body as { excludedClasses: readonly { class: string }[] }).excludedClasses.map((one) => one.class)).toEqual(['05', '06', '07', '08']);
  });

  it('asks nothing where it is not said what is wanted', async () => {
    expect([(await vfleet('set')).code, (await vfleet('set', '06', '--defaults')).code]).toEqual([64, 64]);
    expect(line.system.asked).toEqual([]);
  });
});
