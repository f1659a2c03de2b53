/** One process that runs seeds; with the name of a mutant as its argument, over code that lacks a guard. */
import { register } from 'node:module';
import { mutantNamed } from '../mutants/mutants.js';

const [, , name] = process.argv;
if (name !== undefined) register('../mutants/loader.js', import.meta.url, { data: mutantNamed(name) });
// Only now: what a mutant changes is changed when it is loaded.
const { takeSeeds } = await import('./take-seeds.js');
takeSeeds();
