import { describe, expect, it } from '@jest/globals';
import type { JournalEntry } from '../../src/journal/index.js';
import { FileJournalModule } from '../../src/nest/index.js';
import { Projection, ProjectionsService } from '../../src/projections/index.js';
import { Sequencer } from '../../src/sequencer/index.js';
import { compile } from '../nest/apps.js';
import { turns, until } from '../support/until.js';
import { Counter, bootWith, memory, untilState } from './apps.js';

let isFailing = false;
let isHeld: Promise<void> | null = null;

@Projection('p', { batchSize: 1, retry: { maxRetries: 1, initialDelayMs: 1, maxDelayMs: 1 } })
class Seen {
  seen: bigint[] = [];
  handle({ sequenceNum }: JournalEntry): void {
    if (isFailing) throw new TypeError('cannot');
    this.seen.push(sequenceNum);
  }
  async reset(): Promise<void> {
    this.seen = [];
    await isHeld;
  }
}

async function bootSeen(autoStart = true) {
  isFailing = false;
  isHeld = null;
  const { app, projections } = await bootWith({ ...memory(), projections: { autoStart } }, [Seen]);
  const sequencer = app.get<Sequencer<Counter>>(Sequencer);
  /** Makes `reset` wait until the returned function is called. */
  const hold = (): (() => void) => {
    let release = (): void => undefined;
    isHeld = new Promise((resolve) => (release = resolve));
    return release;
  };
  return { app, projections, hold, add: () => sequencer.submit({ Add: 1 }) };
}

const stopped = (state: string): object => ({ code: 'JOURNAL_PROJECTION_STOPPED', projection: 'p', state });

describe('a wait for a projection', () => {
  it('is refused before the projection is started, and while it is paused', async () => {
    const { projections, add } = await bootSeen(false);
    await add();
    await expect(projections.waitFor('p')).rejects.toMatchObject(stopped('not-started'));
    projections.start();
    await projections.waitFor('p');
    await projections.pause('p');
    // An entry that it has handled needs no wait.
    await projections.waitFor('p');
    await add();
    await expect(projections.waitFor('p')).rejects.toMatchObject(stopped('paused'));
    projections.resume('p');
    await projections.waitFor('p');
  });

  it('waits for a projection that the application is about to start', async () => {
    const module = await compile({
      imports: [FileJournalModule.forRoot(memory()), FileJournalModule.forFeature([Counter])],
      providers: [Seen],
    });
    isFailing = false;
    await module.init();
    const projections = module.get(ProjectionsService);
    // In the turn in which init() resolved: the loop starts in the next one.
    const waited = projections.waitFor('p', 0);
    await module.get<Sequencer<Counter>>(Sequencer).submit({ Add: 1 });
    await waited;
    expect(projections.status('p').position).toBe(0n);
  });

  it('rejects with a code when the projection is paused, and continues if it is resumed at once', async () => {
    const { projections } = await bootSeen();
    const paused = projections.waitFor('p', 5).catch((error: unknown) => error);
    await projections.pause('p');
    expect(await paused).toMatchObject(stopped('paused'));
    projections.resume('p');
    let isSettled = false;
    const kept = projections.waitFor('p', 5).finally(() => (isSettled = true));
    void projections.pause('p');
    projections.resume('p');
    await turns();
    expect(isSettled).toBe(false);
    kept.catch(() => undefined);
  });

  it('continues while the projection retries, and rejects with a code when it gives up', async () => {
    const { projections, add } = await bootSeen();
    isFailing = true;
    await add();
    const failed = projections.waitFor('p').catch((error: unknown) => error);
    await untilState(projections, 'p', 'failed');
    const expected = {
      code: 'JOURNAL_PROJECTION_FAILED',
      projection: 'p',
      sequence: 0n,
      cause: expect.any(TypeError),
    };
    expect(await failed).toMatchObject(expected);
    await expect(projections.waitFor('p')).rejects.toMatchObject(expected);
    await expect(projections.rebuild('p')).rejects.toMatchObject(expected);
    isFailing = false;
    projections.resume('p');
    await projections.waitFor('p');
  });

  it('rejects with a code when the projection is paused in a rebuild, which continues when it is resumed', async () => {
    const { projections, add, hold } = await bootSeen();
    for (let count = 0; count < 3; count += 1) await add();
    await projections.waitFor('p');
    const release = hold();
    const rebuilt = projections.rebuild('p');
    await until(() => projections.status('p').position === null);
    const waits = [projections.waitFor('p', 2), projections.waitFor('p', 5)];
    const outcomes = waits.map((waited) => waited.catch((error: unknown) => error));
    const paused = projections.pause('p');
    release();
    await paused;
    for (const outcome of outcomes) expect(await outcome).toMatchObject(stopped('paused'));
    await expect(projections.waitFor('p')).rejects.toMatchObject(stopped('paused'));
    projections.resume('p');
    await projections.waitFor('p');
    expect(await rebuilt).toMatchObject({ target: 2n });
  });

  it('rejects with a code at shutdown', async () => {
    const { app, projections } = await bootSeen();
    const waited = projections.waitFor('p', 5).catch((error: unknown) => error);
    await app.close();
    expect(await waited).toMatchObject(stopped('stopped'));
    await expect(projections.waitFor('p', 5)).rejects.toMatchObject(stopped('stopped'));
  });

  it('refuses a value that is not a signal', async () => {
    const { projections } = await bootSeen();
    for (const signal of [null, {}, 'soon'])
      await expect(projections.waitFor('p', 5, signal as never)).rejects.toMatchObject({
        code: 'JOURNAL_INVALID_ARGUMENT',
      });
  });
});

it('many waits add one listener to their signal: Node.js does not warn', async () => {
  const { app, projections, add } = await bootSeen();
  const { getJournalToken } = await import('../../src/nest/index.js');
  const journal = app.get(getJournalToken());
  const warnings: Error[] = [];
  const onWarning = (warning: Error): void => void warnings.push(warning);
  process.on('warning', onWarning);
  const controller = new AbortController();
  const { signal } = controller;
  const settled = Array.from({ length: 40 }, (_unused, index) =>
    index % 2 === 0 ? projections.waitFor('p', 5, signal) : journal.subscribe({ from: 'end', signal }).next(),
  ).map((waiting: Promise<unknown>) => waiting.catch((error: unknown) => error));
  const served = projections.waitFor('p', 0, signal);
  await add();
  await served;
  await turns();
  controller.abort(new Error('enough'));
  const outcomes = await Promise.all(settled);
  await until(() => outcomes.length === 40);
  for (const [index, outcome] of outcomes.entries()) {
    if (index % 2 === 0) expect(outcome).toMatchObject({ message: 'enough' });
    else expect(outcome).toMatchObject({ value: { sequenceNum: 0n } });
  }
  process.off('warning', onWarning);
  expect(warnings).toEqual([]);
});
