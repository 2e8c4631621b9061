import { describe, expect, it } from '@jest/globals';
import { CommandIdWindow } from '../../../src/sequencer/command-id-window.js';
import { windowChecks, type CreateWindow } from './window-checks.js';

const intact: CreateWindow = (journal, entries) => new CommandIdWindow(journal, entries);

describe('the window of command ids', () => {
  it.each(windowChecks)('$name', async ({ run }) => {
    await expect(run(intact)).resolves.toBeUndefined();
  });
});
