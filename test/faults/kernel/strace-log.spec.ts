import { expect, it } from '@jest/globals';
import { parseTrace } from './support/strace.js';

it('a call that strace writes in two lines counts once, at the place where it begins', () => {
  const log = [
    '12 pwrite64(5</journal/segment>, "x", 1, 0) = 1',
    '12 fdatasync(5</journal/segment> <unfinished ...>',
    '13 fdatasync(6</journal/checkpoint> <unfinished ...>',
    '12 <... fdatasync resumed>) = -1 EIO (Input/output error) (INJECTED)',
    '13 <... fdatasync resumed>) = 0',
    '12 +++ exited with 0 +++',
    '13 fsync(7</jour',
  ].join('\n');
  expect(parseTrace(log)).toEqual([
    { name: 'pwrite64', text: '5</journal/segment>, "x", 1, 0) = 1', injected: false },
    {
      name: 'fdatasync',
      text: '5</journal/segment>) = -1 EIO (Input/output error) (INJECTED)',
      injected: true,
    },
    { name: 'fdatasync', text: '6</journal/checkpoint>) = 0', injected: false },
  ]);
});
