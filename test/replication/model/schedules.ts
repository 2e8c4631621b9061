import { readAll, type World } from './world.js';

/** A history that breaks a looser protocol. After it, the nodes must settle. */
export interface Schedule {
  readonly name: string;
  readonly run: (world: World) => void;
}

export const SCHEDULES = {
  dataUnderUnconfirmedFence: {
    name: 'data follows a fence in the pipeline, and another fence takes its place',
    run: (world) => {
      const [a, b] = nodesOf(world);
      a.contend();
      if (a.isLeader) world.submit(a, 1);
      world.lead(b);
      world.arrive(a, 'fence');
      if (a.isLeader) world.arrive(a, 'data');
      world.answerAll(a);
      world.submit(b, 1);
      world.arrive(b, 'data');
      world.answerAll(b);
    },
  },
  queryJoinsBarrier: {
    name: 'a query arrives after the barrier of another one is stored, and after another leader acknowledged',
    run: (world) => {
      const [a, b] = nodesOf(world);
      world.lead(a);
      world.query(a);
      world.arrive(a, 'barrier');
      world.lead(b);
      world.submit(b, 1);
      world.arrive(b, 'data');
      world.answerAll(b);
      world.query(a);
      world.answerAll(a);
    },
  },
  resumeFromVoid: {
    name: 'a node restarts where a void message has its last sequence, and another void one follows',
    run: (world) => {
      const [a, b, c] = nodesOf(world);
      world.lead(a);
      for (let count = 0; count < 4; count += 1) world.submit(a, 1);
      world.arrive(a, 'data');
      world.drop(a, 'data');
      world.lead(b);
      world.arrive(a, 'data');
      world.arrive(a, 'data');
      a.crash();
      world.submit(b, 1);
      world.arrive(b, 'data');
      world.answerAll(b);
      takeFenceWithoutExpectation(world, b);
      for (let count = 0; count < 3; count += 1) {
        if (count > 0) world.submit(b, 1);
        world.arrive(b, 'data');
        world.answerAll(b);
        if (count === 1) {
          readAll(c);
          c.crash();
          c.restart();
        }
      }
    },
  },
  lateFenceAfterForeign: {
    name: 'a late fence lands after another leader has counted an entry of the same sequence',
    run: (world) => {
      const [a, b] = nodesOf(world);
      world.lead(a);
      world.submit(a, 1);
      world.drop(a, 'data');
      world.lead(b);
      world.submit(b, 1);
      world.arrive(b, 'data');
      world.answerAll(b);
      a.timeOut();
      takeFenceWithoutExpectation(world, a);
    },
  },
  fenceLandsTwice: {
    name: 'a fence lands twice, and its leader knows the first position',
    run: (world) => {
      const [a, b] = nodesOf(world);
      b.contend();
      world.arrive(b, 'fence');
      a.contend();
      for (let count = 0; count < 3; count += 1) {
        world.arrive(a, 'fence');
        world.answerAll(a);
        a.publishFence();
      }
      world.arrive(a, 'fence', true);
      world.answerAll(a);
      readAll(a);
      world.arrive(a, 'fence');
      world.submit(a, 1);
      world.arrive(a, 'data');
      world.answerAll(a);
    },
  },
  positionsUsedAgain: {
    name: 'a fence is lost, another one lands at its position, and late data of the lost epoch arrives',
    run: (world) => {
      const [a, b] = nodesOf(world);
      world.lead(b);
      world.submit(b, 1);
      world.loseTail(1);
      world.lead(a);
      world.arrive(b, 'data');
      world.submit(a, 1);
      world.arrive(a, 'data');
      world.answerAll(a);
      world.answerAll(b);
    },
  },
  fenceBelowConfirmed: {
    name: 'the tail is cut below a confirmed entry, and the new fence lands there',
    run: (world) => {
      const [a] = nodesOf(world);
      world.lead(a);
      for (let count = 0; count < 2; count += 1) {
        world.submit(a, 1);
        world.arrive(a, 'data');
        world.answerAll(a);
      }
      readAll(a);
      world.submit(a, 1);
      world.drop(a, 'data');
      world.loseTail(3);
      a.timeOut();
      takeFenceWithoutExpectation(world, a);
    },
  },
  refilledTail: {
    name: 'a lost entry is replaced by void data, and later entries land where they were predicted',
    run: (world) => {
      const [a, , c] = nodesOf(world);
      world.lead(c);
      world.submit(c, 1);
      world.submit(c, 1);
      world.drop(c, 'data');
      world.lead(a);
      world.submit(a, 1);
      world.arrive(a, 'data');
      world.answerAll(a);
      world.loseTail(1);
      world.arrive(c, 'data');
      world.submit(a, 1);
      world.arrive(a, 'data');
      world.answerAll(a);
    },
  },
  lostTailWithoutHolder: {
    name: 'the stream loses a registered entry while its only holder is away',
    run: (world) => {
      const [a, b] = nodesOf(world);
      world.lead(a);
      world.submit(a, 1);
      world.arrive(a, 'data');
      world.answerAll(a);
      a.register();
      world.loseTail(1);
      a.crash();
      readAll(b);
      b.contend();
      world.arrive(b, 'fence');
      world.answerAll(b);
      readAll(b);
      if (!b.isLeader) return;
      world.submit(b, 1);
      world.arrive(b, 'data');
      world.answerAll(b);
    },
  },
  replacedBehindSameMessages: {
    name: 'a barrier is replaced by a fence between messages that land again where they were',
    run: (world) => {
      const [a, b] = nodesOf(world);
      a.contend();
      world.arrive(a, 'fence', true);
      b.readNext();
      b.contend();
      world.answerAll(a);
      readAll(a);
      world.query(a);
      world.arrive(a, 'barrier');
      readAll(a);
      world.loseTail(2);
      world.arrive(a, 'fence');
      world.arrive(b, 'fence');
      world.answerAll(a);
      world.submit(a, 1);
      world.arrive(a, 'data');
      readAll(a);
      world.answerAll(a);
      a.doubt();
    },
  },
} satisfies Record<string, Schedule>;

function nodesOf(world: World): [World['nodes'][0], World['nodes'][0], World['nodes'][0]] {
  return world.nodes as [World['nodes'][0], World['nodes'][0], World['nodes'][0]];
}

/** A candidate whose fences are refused publishes one that expects no position. */
function takeFenceWithoutExpectation(world: World, node: World['nodes'][0]): void {
  for (let attempt = 0; attempt < 6 && node.isCandidate; attempt += 1) {
    if (node.needsFence) node.publishFence();
    world.arrive(node, 'fence');
    world.answerAll(node);
    readAll(node);
  }
}
