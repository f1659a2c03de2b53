/** What keeps history from being changed unseen. */
const specs = ['libs/journal/src/seals.int-spec.ts'];
const verifier = { file: 'libs/journal/src/verify-seals.ts', specs };
const sealer = { file: 'libs/journal/src/sealer.ts', specs, test: 'a sealer' };

export const SEALS = [
  {
    ...verifier,
    test: 'is found',
    rule: 'a seal counts only where its signature is right',
    mutant: 'signatures of seals are not looked at',
    find: 'if (!isSigned(head, this.options.readers))',
    replace: 'if (false)',
  },
  {
    ...verifier,
    test: 'is found',
    rule: 'a seal speaks of the events that were signed',
    mutant: 'the chain is taken as the seal says',
    find: "if (reached.toString('hex') !== hash)",
    replace: 'if (false)',
  },
  {
    ...verifier,
    test: 'is found',
    rule: 'each event is the one that was sealed',
    mutant: 'events are not compared',
    find: 'if (!sha256(event.text).equals(digestAt(digests, index)))',
    replace: 'if (false)',
  },
  {
    ...verifier,
    test: 'an end that was cut off',
    rule: 'a head that was kept tells of the same history',
    mutant: 'heads that were kept are not compared',
    find: 'if (!head) return;',
    replace: 'if (head || !head) return;',
  },
  {
    ...sealer,
    rule: 'nothing is signed on top of seals that are gone',
    mutant: 'the sealer does not look for its own seals',
    find: 'if (this.last && !(await holdsHead(pool, this.last)))',
    replace: 'if (this.last && !(await holdsHead(pool, this.last)) && false)',
  },
  {
    ...sealer,
    rule: 'nothing is signed on top of a forged seal',
    mutant: 'the newest seal is taken as it is',
    find: 'if (newest.keyId === key.id && !isSigned(newest, [key]))',
    replace: 'if (newest.keyId !== newest.keyId)',
  },
  {
    ...sealer,
    rule: 'a sealer that can seal nothing says so',
    mutant: 'a seal is never overdue',
    find: 'return Math.max(0, performance.now() - this.wellAt - this.options.milliseconds) / 1_000;',
    replace: 'return 0 * this.wellAt;',
  },
  {
    ...sealer,
    rule: 'a sealer for which nothing waits is not overdue',
    mutant: 'only a seal is a good sign',
    find: 'await this.sealAll();\n    this.wellAt = performance.now();',
    replace: 'await this.sealAll();',
  },
  {
    file: 'libs/journal/src/seals.ts',
    specs,
    test: 'a sealer',
    rule: 'nothing is signed over a hole',
    mutant: 'positions are not counted',
    find: 'if (last !== after + digests.length / DIGEST_BYTES)',
    replace: 'if (last < 0)',
  },
];
