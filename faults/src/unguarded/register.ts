import { register } from 'node:module';
import type { Guard } from './guard.js';

// Loaded by `--import` with the guards in its address: see `without`.
register<readonly Guard[]>('./hooks.js', import.meta.url, {
  data: JSON.parse(new URL(import.meta.url).searchParams.get('guards') ?? '[]') as readonly Guard[],
});
