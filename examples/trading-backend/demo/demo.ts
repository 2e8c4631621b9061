/**
 * The main use case, without manual steps. The demo kills a backend several times while clients trade, and
 * proves that no acknowledged command is lost. Its exit code is not 0 if anything differs.
 */
import 'reflect-metadata';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { BackendProcess, type Startup } from './backend-process.js';
import { asCarried, compareBooks, type Book } from './compare-books.js';
import { bootOnGoldenJournal } from './golden-journal.js';
import { HttpClient } from './http-client.js';
import { Ledger } from './ledger.js';
import { optionsFromEnvironment, type DemoOptions } from './options.js';
import { OrderFlow } from './order-flow.js';
import { readAgain, type Proof } from './proof.js';
import { count, milliseconds, percent, perSecond, Report } from './report.js';
import { TradingClient } from './trading-client.js';
import { Workspace } from './workspace.js';

const SYMBOL = 'BTC-USD';

async function main(): Promise<number> {
  const startedAt = performance.now();
  const options = optionsFromEnvironment(process.env);
  const workspace = new Workspace(options.timeoutMs);
  const report = new Report();
  report.heading(
    `A trading backend that is killed and restarted: ${options.clients} clients, seed ${options.seed}, ` +
      `Node ${process.versions.node}, in ${workspace.directory}`,
  );
  await killAndRehydrate(options, workspace, report);
  await rehydrateFromRust(options, workspace, report);
  const elapsed = milliseconds(performance.now() - startedAt);
  report.heading(
    report.failures === 0 ? `All held, in ${elapsed}.` : `${report.failures} checks FAILED, in ${elapsed}.`,
  );
  workspace.close();
  return report.failures === 0 ? 0 : 1;
}

/**
 * Kills the backend several times in the middle of the load, and shows that it restarts with all that it
 * acknowledged.
 */
async function killAndRehydrate(options: DemoOptions, workspace: Workspace, report: Report): Promise<void> {
  const directory = workspace.path('journal');
  const settings = {
    SYMBOL,
    JOURNAL_DIRECTORY: directory,
    JOURNAL_SEGMENT_SIZE: String(512 * 1024),
    SNAPSHOT_EVERY: String(Math.ceil(options.answersPerRound * 0.3)),
    REPLAY_PROGRESS_MS: '100',
    LOG_LEVEL: 'log',
  };
  const ledger = new Ledger();
  const flows = Array.from({ length: options.clients }, (_, client) => new OrderFlow(options.seed, client));
  const startups: Startup[] = [];
  const start = async (): Promise<BackendProcess> => {
    const backend = await BackendProcess.start(workspace, settings);
    startups.push(backend.startup);
    reportStartup(report, backend.startup);
    return backend;
  };

  for (let round = 1; round <= options.kills; round += 1) {
    report.heading(`Round ${round} of ${options.kills}`);
    await tradeUntilKilled(await start(), flows, ledger, options, report);
  }

  report.heading('After the last kill');
  const backend = await start();
  reportLoad(report, ledger);
  const proof = await readAgain(directory, SYMBOL, ledger, options.sabotage);
  reportProof(report, ledger, proof);
  await compareWithBackend(report, backend, proof, options);
  report.fact('SIGTERM', `the backend closed its journal and ended (${await backend.stop()})`);
  checkSnapshots(report, startups);

  report.heading('Once more, without snapshots: every command from the first one');
  rmSync(join(directory, 'snapshots'), { recursive: true });
  const cold = await start();
  await compareWithBackend(report, cold, proof, options);
  await cold.stop();
}

async function tradeUntilKilled(
  backend: BackendProcess,
  flows: readonly OrderFlow[],
  ledger: Ledger,
  { answersPerRound, maxRoundMs, clients }: DemoOptions,
  report: Report,
): Promise<void> {
  const startedAt = performance.now();
  const answersBefore = ledger.answers;
  let killedAt = 0;
  const kill = (): void => {
    if (killedAt > 0) return;
    killedAt = performance.now();
    backend.kill();
  };
  const onAnswer = (): void => {
    if (ledger.answers - answersBefore >= answersPerRound) kill();
  };
  const timer = setTimeout(kill, maxRoundMs);
  const http = new HttpClient(backend.url);
  await Promise.all(flows.map((flow) => new TradingClient(flow, ledger).tradeOver(http, onAnswer)));
  clearTimeout(timer);
  http.close();
  const answers = ledger.answers - answersBefore;
  const elapsedMs = killedAt - startedAt;
  report.fact(
    'load',
    `${count(answers)} answers to ${clients} clients in ${milliseconds(elapsedMs)} (${perSecond(answers, elapsedMs)})`,
  );
  report.fact('SIGKILL', `in the middle of it; ${clients} requests will never be answered`);
}

function reportStartup(report: Report, startup: Startup): void {
  const { journaled, replayed, replayMs, readyMs, recovery, progress } = startup;
  const fromSnapshot = journaled - replayed;
  report.fact(
    'start',
    journaled === 0
      ? `on an empty directory, ready in ${milliseconds(readyMs)}`
      : `${count(journaled)} commands in the journal (${recovery}), ready in ${milliseconds(readyMs)}`,
  );
  if (journaled === 0) return;
  for (const line of progress) report.fact('', `| ${line}`);
  report.fact(
    'rehydrated',
    `${count(fromSnapshot)} commands from a snapshot (${percent(fromSnapshot, journaled)}), ${count(replayed)} executed again ` +
      `in ${milliseconds(replayMs)} (${perSecond(replayed, replayMs)})`,
  );
}

function reportLoad(report: Report, ledger: Ledger): void {
  const { acknowledged, rejections, refused, unanswered, complaints } = ledger;
  report.fact(
    'answers',
    `${count(acknowledged.size)} acknowledged, ${count(rejections)} of them refused by the book ` +
      `(${percent(rejections, acknowledged.size)}); ${count(refused)} bad requests; ${count(unanswered.length)} unanswered`,
  );
  report.fact(
    'commands',
    ledger
      .commands()
      .map(([name, number]) => `${name} ${count(number)}`)
      .join(', '),
  );
  report.check('protocol', 'every answer was one that a backend may give', complaints);
}

function reportProof(report: Report, ledger: Ledger, proof: Proof): void {
  const { integrity, found, foundUnanswered, differences, elapsedMs } = proof;
  const acknowledged = ledger.acknowledged.size;
  report.check(
    'journal',
    `${count(integrity.entries)} entries, ${count(integrity.bytes)} bytes in ${integrity.segments} segments, every checksum right`,
    integrity.errors.map(({ message }) => message),
  );
  report.check(
    'promises',
    `${count(found)} of ${count(acknowledged)} acknowledged commands are there with their time and result ` +
      `(${percent(found, acknowledged)}); read and executed again by another process in ${milliseconds(elapsedMs)}`,
    differences,
  );
  report.fact(
    'unanswered',
    `${foundUnanswered} of ${ledger.unanswered.length} had reached the journal; nothing else is in it`,
  );
}

async function compareWithBackend(
  report: Report,
  backend: BackendProcess,
  { book }: Proof,
  { sabotage }: DemoOptions,
): Promise<void> {
  const shown = await backend.get<Book>('/book?depth=10000');
  if (sabotage.has('lose-order')) (shown.bids[0]?.orders as unknown[] | undefined)?.pop();
  const { levels, orders, differences } = compareBooks(shown, asCarried(book));
  report.check(
    'book',
    `${count(levels)} levels with ${count(orders)} orders over HTTP, the same as rebuilt from the journal, in queue order`,
    differences,
  );
}

function checkSnapshots(report: Report, startups: readonly Startup[]): void {
  const restarts = startups.filter(({ journaled }) => journaled > 0);
  const used = restarts.filter(({ journaled, replayed }) => replayed < journaled).length;
  report.check(
    'snapshots',
    `${used} of ${restarts.length} restarts began with one`,
    used > 0 ? [] : ['a snapshot was never used'],
  );
}

/** The same backend on a journal of the Rust engine. */
async function rehydrateFromRust(
  { sabotage }: DemoOptions,
  workspace: Workspace,
  report: Report,
): Promise<void> {
  report.heading('On a journal that orderbook-rs 0.12.1 wrote');
  const golden = await bootOnGoldenJournal(workspace, sabotage);
  const { stored, executed, bootMs, levels, orders, differences } = golden;
  report.check(
    'results',
    `${count(executed)} of ${count(stored)} commands executed again, each gave the result that Rust stored`,
    executed === stored ? [] : ['some were not executed'],
  );
  report.fact('boot', `${milliseconds(bootMs)} (${perSecond(executed, bootMs)})`);
  report.check(
    'book',
    `${count(levels)} levels with ${count(orders)} orders, the same as in the snapshot of Rust, in queue order`,
    differences,
  );
}

try {
  process.exitCode = await main();
} catch (error) {
  console.error('\nThe demo failed:', error);
  process.exit(1);
}
