import type { ConformanceRunner, JournalHarness } from '../../src/testing/index.js';
import { defineJournalConformance } from '../../src/testing/index.js';

export interface SuiteResult {
  /** `topic > test` */
  readonly passed: string[];
  readonly failed: string[];
  readonly skipped: string[];
}

interface CollectedTest {
  readonly name: string;
  readonly run: () => Promise<void>;
}

interface RunOptions {
  /** Only this topic. */
  readonly topic?: string;
  /**
   * Time limit of a test, because a mutant may never answer.
   * @default 1_000, far longer than a test of an in-memory journal takes
   */
  readonly timeoutMs?: number;
}

/** Runs the suite without a test runner, and returns the outcome of each test. */
export async function runSuite(
  harness: JournalHarness,
  { topic, timeoutMs = 1_000 }: RunOptions = {},
): Promise<SuiteResult> {
  const { tests, skipped } = collect(harness);
  const result: SuiteResult = { passed: [], failed: [], skipped };
  for (const { name, run } of tests) {
    if (topic !== undefined && !name.startsWith(`${topic} > `)) continue;
    const outcome = await Promise.race([run().then(...settle), failedAfter(timeoutMs)]);
    result[outcome].push(name);
  }
  return result;
}

const settle = [(): 'passed' => 'passed', (): 'failed' => 'failed'] as const;

function failedAfter(timeoutMs: number): Promise<'failed'> {
  return new Promise((resolve) => setTimeout(resolve, timeoutMs, 'failed').unref());
}

function collect(harness: JournalHarness): { tests: CollectedTest[]; skipped: string[] } {
  const path: string[] = [];
  const tests: CollectedTest[] = [];
  const skipped: string[] = [];
  // The outermost name is the name of the journal.
  const named = (name: string): string => [...path.slice(1), name].join(' > ');
  const it: ConformanceRunner['it'] = (name, run) => tests.push({ name: named(name), run });
  it.skip = (name) => skipped.push(named(name));
  const describe = (name: string, define: () => void): void => {
    path.push(name);
    define();
    path.pop();
  };
  defineJournalConformance({ describe, it }, harness);
  return { tests, skipped };
}
