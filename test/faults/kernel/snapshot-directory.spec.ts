/** The syncs that the kernel sees when a snapshot is saved. */
import { mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, expect, it } from '@jest/globals';
import { temporaryDirectory } from '../../support/temporary-directory.js';
import { DrivenChild, killChildren } from './support/driven-child.js';
import { describeWith } from '../../support/requirements.js';
import { Strace } from './support/strace.js';

afterEach(killChildren);

describeWith({ root: true, tools: ['strace'] }, 'a snapshot', () => {
  it('syncs the names of a directory that another process created and may not have synced', async () => {
    const directory = join(temporaryDirectory(), 'made', 'snapshots');
    mkdirSync(directory, { recursive: true });
    const child = await DrivenChild.start({ snapshots: true });
    const strace = await Strace.attach(child, { trace: ['fsync'] });
    await child.run('snapshot', { directory, sequence: 1 });
    await child.kill();
    const synced = (await strace.detach()).map(({ text }) => /^\d+<(.+?)>/.exec(text)?.[1]);
    const [file, parent, grandparent] = [
      join(directory, 'snapshot-book-00000000000000000001.snap.tmp'),
      dirname(directory),
      dirname(dirname(directory)),
    ];
    expect(synced).toEqual(expect.arrayContaining([parent, grandparent, file, directory]));
    // The names above must be durable first, because a stored snapshot could not be found without them.
    expect(synced.indexOf(parent)).toBeLessThan(synced.indexOf(file));
    expect(synced.lastIndexOf(directory)).toBeGreaterThan(synced.indexOf(file));
  });
});
