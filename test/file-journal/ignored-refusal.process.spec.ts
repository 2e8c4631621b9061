import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import { temporaryDirectory } from '../support/temporary-directory.js';

const CHILD = fileURLToPath(new URL('./children/ignore-refusal.mjs', import.meta.url));

describe('an append whose error the caller ignores', () => {
  it('is an unhandled rejection, even if the callers beside it handle theirs', async () => {
    const { stdout } = await promisify(execFile)(process.execPath, [CHILD, temporaryDirectory()]);
    expect(stdout.trim().split('\n')).toEqual(['unhandled: JOURNAL_POISONED', 'handled: rejected rejected']);
  });
});
