import { describe, expect, test } from '@jest/globals';
import { GOLDEN_VERSIONS, goldenCase } from '../support/golden.js';
import { run } from './support/run.js';

describe('file-journal verify', () => {
  test.each(GOLDEN_VERSIONS)('finds no fault in a journal of orderbook-rs %s', async (version) => {
    const { directory, entries } = goldenCase(version, 'replay-book');
    const { exitCode, stdout } = await run('verify', directory, '--json');
    expect(exitCode).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      ok: true,
      entries: entries.length.toString(),
      lastSequence: entries.at(-1)?.sequence.toString(),
      errors: [],
    });
  });

  test('names file, offset and sequence of damage', async () => {
    const { directory } = goldenCase('v0.12.1', 'corrupt-middle');
    const { exitCode, stdout } = await run('verify', directory);
    expect(exitCode).toBe(1);
    expect(stdout).toMatch(/^crc\s+segment-\d{20}\.journal\s+\d+\s+\d+\s+the checksum does not match$/m);
  });
});
