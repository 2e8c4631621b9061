import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { temporaryDirectory } from '../support/temporary-directory.js';
import { startExample } from './example-process.js';

const SMALL_LOAD = { DEMO_CLIENTS: '4', DEMO_ANSWERS: '250', DEMO_SEED: '7' };
const MINUTE = 60_000;

function runDemo(environment: Record<string, string>, temporary = temporaryDirectory('demo-')) {
  return startExample('trading-backend/demo/demo.js', { ...SMALL_LOAD, ...environment, TMPDIR: temporary });
}

describe('npm run demo', () => {
  it(
    'kills the backend twice, finds everything again, and leaves nothing behind',
    async () => {
      const temporary = temporaryDirectory('demo-');
      const demo = runDemo({ DEMO_KILLS: '2' }, temporary);
      expect(await demo.exited).toEqual({ code: 0, signal: null });
      await demo.line(/promises +ok: (\d+) of \1 acknowledged commands/);
      await demo.line(/snapshots +ok: [12] of 2 restarts/);
      await demo.line(/results +ok: 2,000 of 2,000 commands/);
      await demo.line(/book +ok: 16 levels with 19 orders, the same as in the snapshot of Rust/);
      await demo.line(/^All held/);
      expect(readdirSync(temporary)).toEqual([]);
    },
    MINUTE,
  );

  it(
    'ends with 1 when a promise was broken or a book differs',
    async () => {
      const demo = runDemo({
        DEMO_KILLS: '1',
        DEMO_SABOTAGE: 'lose-command,change-result,lose-order,swap-golden-orders',
      });
      expect(await demo.exited).toEqual({ code: 1, signal: null });
      await demo.line(/promises +FAILED/);
      await demo.line(/\d+ was acknowledged and is lost: /);
      await demo.line(/\d+ is not what was acknowledged/);
      await demo.line(/book +FAILED: .* rebuilt from the journal/);
      await demo.line(/book +FAILED: .* snapshot of Rust/);
      await demo.line(/^4 checks FAILED/);
    },
    MINUTE,
  );

  it('gives up, and clears away what it started, when it takes too long', async () => {
    const temporary = temporaryDirectory('demo-');
    const demo = runDemo({ DEMO_TIMEOUT_MS: '1500', DEMO_ANSWERS: '1000000' }, temporary);
    expect(await demo.exited).toEqual({ code: 1, signal: null });
    expect(readdirSync(join(temporary))).toEqual([]);
  });
});
