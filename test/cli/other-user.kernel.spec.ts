/** Commands on the journal of another user. */
import { chmodSync, chownSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { damagedBy, stateOf, TAIL_DAMAGES } from '../file-journal/inspect/damages.js';
import { describeWith } from '../support/requirements.js';
import { run } from './support/run.js';

const USER = 65_534;
const ACKNOWLEDGED = TAIL_DAMAGES.findIndex(([name]) => name.startsWith('a flipped bit in an acknowledged'));

function give(directory: string, uid: number): void {
  for (const name of readdirSync(directory)) chownSync(join(directory, name), uid, uid);
  chownSync(directory, uid, uid);
}

describeWith({ root: true }, 'root in the journal of another user', () => {
  test.each([
    ['repair', ['--apply']],
    ['archive', ['--up-to', '50', '--force']],
    ['compress', []],
  ])('%s %j changes nothing, and says who may', async (command, options) => {
    const { directory } = await damagedBy(ACKNOWLEDGED);
    give(directory, USER);
    const before = stateOf(directory);
    const { exitCode, stderr } = await run(command, directory, ...options);
    expect(exitCode).toBe(2);
    expect(stderr).toContain(`belongs to user ${USER}`);
    expect(stateOf(directory)).toEqual(before);
  });

  test('repair gives the quarantine file the permissions of the segment', async () => {
    const { directory, segment } = await damagedBy(ACKNOWLEDGED);
    chmodSync(join(directory, segment), 0o640);
    expect((await run('repair', directory, '--apply')).exitCode).toBe(0);
    const kept = readdirSync(directory).find((name) => name.startsWith('quarantine-')) as string;
    expect(statSync(join(directory, kept)).mode & 0o777).toBe(0o640);
  });
});
