/** The amount of work: little with `npm test`, much with TORTURE=full (`npm run torture`). */
import { seedFromEnvironment } from '../support/random.js';

const isFull = process.env['TORTURE'] === 'full';

export const CUTS = numberFromEnvironment('TORTURE_CUTS', isFull ? 10_000 : 400);
export const KILLS = numberFromEnvironment('TORTURE_KILLS', isFull ? 500 : 15);
export const COMMAND_KILLS = numberFromEnvironment('TORTURE_COMMAND_KILLS', isFull ? 200 : 8);
/** The time limit of each test. */
export const TIMEOUT_MS = isFull ? 15 * 60_000 : 10 * 60_000;
/** The short run is always the same. The full run has a new seed each time; FAULT_SEED repeats one. */
export const SEED = seedFromEnvironment(isFull ? (Date.now() % 1_000_000_000) + 1 : 20_000);

/** Prints figures even if no test fails, without the stack that Jest's console adds. */
export function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

function numberFromEnvironment(name: string, fallback: number): number {
  const given = Number(process.env[name]);
  return Number.isSafeInteger(given) && given > 0 ? given : fallback;
}
