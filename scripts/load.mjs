/**
 * `npm run test:load`: puts real servers and real services under loads of several kinds, and measures each beside the same system
 * undisturbed. Arguments go to faults/src/load/main.ts: names of scenarios, `--minutes N`, `--rate N`, `--folder DIR`.
 */
import { runWithKeeper } from './with-keeper.mjs';

await runWithKeeper('faults/dist/load/main.js');
