/**
 * `npm run test:faults`: runs rows of the fault matrix against real servers and real services. Arguments go to faults/src/main.ts:
 * numbers or names of rows, `--quick`, `--list`, `--control-only`, `--runs N`.
 */
import { runWithKeeper } from './with-keeper.mjs';

await runWithKeeper('faults/dist/main.js');
