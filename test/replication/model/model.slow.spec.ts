/**
 * The protocol of replication as a model: three nodes, a stream, and a network that delays, loses and
 * doubles. The rules hold in every random history, and each rule is needed: without it, a history or one of
 * the schedules goes wrong. `REPLICATION_HISTORIES=1000000` runs more of them.
 */
import { describe, expect, test } from '@jest/globals';
import { Random, seedFromEnvironment } from '../../support/random.js';
import { runHistory } from './history.js';
import { ALL_RULES, type Rules } from './rules.js';
import { SCHEDULES, type Schedule } from './schedules.js';
import { Violation, World } from './world.js';

const HISTORIES = Number(process.env['REPLICATION_HISTORIES'] ?? 20_000);
/** Each schedule ends in random order, so that its nodes settle in different ways. */
const ENDINGS = 10;
const FIRST_SEED = seedFromEnvironment(1);

type Rule = keyof Rules;

/** The faults of a protocol without these rules, in the random histories and in the schedules. */
function withoutRules(...removed: readonly Rule[]): Rules {
  return { ...ALL_RULES, ...Object.fromEntries(removed.map((rule) => [rule, false])) };
}

function firstFaultyHistory(rules: Rules, histories: number): number | null {
  for (let seed = FIRST_SEED; seed < FIRST_SEED + histories; seed += 1) {
    if (runHistory(seed, rules) !== null) return seed;
  }
  return null;
}

function runSchedule(schedule: Schedule, rules: Rules): string | null {
  for (let seed = 1; seed <= ENDINGS; seed += 1) {
    const world = new World(rules, true);
    try {
      schedule.run(world);
      world.settle(new Random(seed));
    } catch (error) {
      if (!(error instanceof Violation)) throw error;
      return `${error.message}\n${world.log.join('\n')}`;
    }
  }
  return null;
}

describe('the protocol of replication', () => {
  test(`keeps its promises in ${HISTORIES} random histories (from seed ${FIRST_SEED})`, () => {
    const seed = firstFaultyHistory(ALL_RULES, HISTORIES);
    const why = seed === null ? null : runHistory(seed, ALL_RULES, true)?.message;
    expect(why).toBeNull();
  });

  test.each(Object.values(SCHEDULES))('keeps its promises when $name', (schedule) => {
    expect(runSchedule(schedule, ALL_RULES)).toBeNull();
  });
});

describe('random histories show that the protocol needs', () => {
  // Expectation and position stand in for each other, and so do the foreign fence and the bytes of a message.
  test.each<[string, readonly Rule[]]>([
    ['the nonce of an epoch', ['epochHasNonce']],
    ['messages that begin at the counted end', ['countsAtEnd']],
    ['expected positions, or a look at the position of an answer', ['expectsPosition', 'checksPosition']],
    ['confirmation in order', ['confirmsInOrder']],
    ['a confirmed fence before data', ['waitsForFence']],
    ['a new fence in doubt', ['doubtNeedsFence']],
    ['the whole stream before it says not-written', ['readsBeforeNotWritten']],
    ['respect for foreign fences, or the bytes of messages', ['respectsForeignFence', 'matchesBytes']],
    ['respect for foreign fences, or the local end', ['respectsForeignFence', 'republishesAtEnd']],
    ['a look at what was read before the fence', ['verifiesPosition']],
    ['healing', ['heals']],
  ])('%s', (_name, rules) => {
    expect(firstFaultyHistory(withoutRules(...rules), 200_000)).not.toBeNull();
  });
});

describe('a schedule shows that the protocol needs', () => {
  test.each<[Rule, keyof typeof SCHEDULES]>([
    ['barrierPerQuery', 'queryJoinsBarrier'],
    ['resumesFromCounted', 'resumeFromVoid'],
    ['matchesBytes', 'lateFenceAfterForeign'],
    ['verifiesPosition', 'fenceBelowConfirmed'],
    ['verifiesTrail', 'replacedBehindSameMessages'],
    ['followsOwnStream', 'refilledTail'],
    ['comparesRegistrations', 'lostTailWithoutHolder'],
  ])('%s: %s', (rule, schedule) => {
    expect(runSchedule(SCHEDULES[schedule], withoutRules(rule))).not.toBeNull();
  });
});
