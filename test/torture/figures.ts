/** How much the torture does: a little with every `npm test`, a lot with TORTURE=full (`npm run torture`). */
import { seedFromEnvironment } from '../support/random.js';

const isFull = process.env['TORTURE'] === 'full';

export const CUTS = numberFromEnvironment('TORTURE_CUTS', isFull ? 10_000 : 400);
export const KILLS = numberFromEnvironment('TORTURE_KILLS', isFull ? 500 : 15);
export const COMMAND_KILLS = numberFromEnvironment('TORTURE_COMMAND_KILLS', isFull ? 200 : 8);
/** Nothing of it runs longer; what is not done by then has failed. */
export const TIMEOUT_MS = isFull ? 15 * 60_000 : 10 * 60_000;
/** The short run is the same every time; the full one is new every time, and FAULT_SEED repeats it. */
export const SEED = seedFromEnvironment(isFull ? (Date.now() % 1_000_000_000) + 1 : 20_000);

/** For figures that are to be read whether or not a test fails; Jest's console adds a stack to each. */
export function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

function numberFromEnvironment(name: string, fallback: number): number {
  const given = Number(process.env[name]);
  return Number.isSafeInteger(given) && given > 0 ? given : fallback;
}
