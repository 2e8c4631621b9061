import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import * as root from '../../src/index.js';
import { JournalError } from '../../src/index.js';
import { httpStatusOf } from '../../src/nest/http/http-statuses.js';
import { projectRoot } from './snippets.js';

interface Row {
  readonly code: string;
  readonly className: string;
  readonly status: string;
  readonly advice: string;
}

/** The rows of the table under "Codes". */
function documented(): Row[] {
  const guide = readFileSync(join(projectRoot, 'docs/guides/errors.md'), 'utf8');
  const rows = guide.slice(guide.indexOf('\n## Codes')).matchAll(/^\| `(JOURNAL_\w+)`.*$/gm);
  return [...rows].map(([line]) => {
    const [code = '', className = '', status = '', advice = ''] = line
      .split('|')
      .slice(1)
      .map((cell) => cell.trim());
    return { code: code.replaceAll('`', ''), className: className.replaceAll('`', ''), status, advice };
  });
}

/** Every code that the sources give to a class of errors. */
function inSources(): { code: string; className: string }[] {
  const files = readdirSync(join(projectRoot, 'src'), { recursive: true, encoding: 'utf8' });
  return files
    .filter((name) => name.endsWith('.ts'))
    .flatMap((name) => {
      const text = readFileSync(join(projectRoot, 'src', name), 'utf8');
      const classes = [
        ...text.matchAll(/\bclass (\w+)(?:<[^{]*>)? extends \w*Error\b[^]*?(?=\nclass |\nexport |$)/g),
      ];
      return classes.flatMap(([body, className = '']) => {
        const code = /\bcode(?:: string)? = '(JOURNAL_\w+)'/.exec(body)?.[1];
        return code === undefined ? [] : [{ code, className }];
      });
    });
}

/** As the table says it. */
function statusOf(code: string): string {
  const [notWritten, other] = (['not-written', undefined] as const).map((outcome) =>
    httpStatusOf({ code, outcome } as JournalError),
  );
  return notWritten === other ? String(other) : `${notWritten} if nothing was written, else ${other}`;
}

const byCode = (a: { code: string }, b: { code: string }) => (a.code < b.code ? -1 : 1);

describe('the table of error codes', () => {
  it('names every code of the sources with its class, and no other', () => {
    const sources = inSources();
    expect(sources.length).toBeGreaterThan(30);
    expect(
      documented()
        .map(({ code, className }) => ({ code, className }))
        .sort(byCode),
    ).toEqual(sources.sort(byCode));
  });

  it('has no code that the search of the sources overlooks', () => {
    const exported = Object.entries(root).filter(([, value]) => isErrorClass(value));
    expect(documented().map(({ className }) => className)).toEqual(
      expect.arrayContaining(exported.map(([name]) => name)),
    );
  });

  it.each(documented().map((row) => [row.code, row] as const))(
    'says of %s what the filter answers',
    (code, { status }) => {
      expect(status).toBe(statusOf(code));
    },
  );

  it('gives advice for each code', () => {
    expect(documented().filter(({ advice }) => !/^[A-Z].{15,}\.$/.test(advice))).toEqual([]);
  });

  it('knows no status for a code that there is not', () => {
    const table =
      readFileSync(join(projectRoot, 'src/nest/http/http-statuses.ts'), 'utf8').match(/JOURNAL_\w+/g) ?? [];
    expect(table.length).toBeGreaterThan(10);
    expect(inSources().map(({ code }) => code)).toEqual(expect.arrayContaining(table));
  });
});

it.each(['JOURNAL_OF_A_LATER_RELEASE', 'constructor', '__proto__'])(
  'answers the unknown code %s with 500',
  (code) => {
    expect(httpStatusOf({ code } as JournalError)).toBe(500);
  },
);

it('never invites a client to repeat a write whose outcome is unknown', () => {
  const statuses = documented().map(({ code }) => httpStatusOf({ code, outcome: 'unknown' } as JournalError));
  expect(
    documented()
      .filter((_, index) => statuses[index] === 503)
      .map(({ code }) => code),
  ).toEqual([]);
});

function isErrorClass(value: unknown): boolean {
  return typeof value === 'function' && value !== JournalError && value.prototype instanceof Error;
}
