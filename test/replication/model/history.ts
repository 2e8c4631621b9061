import { Random } from '../../support/random.js';
import type { Rules } from './rules.js';
import { Violation, World } from './world.js';

const STEPS = 45;
const LOST_TAIL_CHANCE = 0.2;

/** Runs one random history. @returns why it is wrong; null if it is right */
export function runHistory(seed: number, rules: Rules, isLogged = false): Violation | null {
  const random = new Random(seed);
  const world = new World(rules, isLogged);
  let mayLoseTail = random.chance(LOST_TAIL_CHANCE);
  try {
    for (let step = 0; step < STEPS; step += 1) {
      if (mayLoseTail && random.chance(0.05)) {
        world.loseTail(random.integer(1, 3));
        mayLoseTail = false;
      } else takeStep(world, random);
    }
    world.note('no more faults');
    world.settle(random);
    return null;
  } catch (error) {
    if (!(error instanceof Violation)) throw error;
    error.message += isLogged ? `\n${world.log.join('\n')}` : ` (seed ${seed})`;
    return error;
  }
}

/** One step of anything that can happen. */
function takeStep(world: World, random: Random): void {
  const { publishes, answers } = world;
  const node = random.pick(world.nodes);
  const choice = random.below(100);
  if (choice < 22) {
    if (publishes.length > 0) world.deliver(pickSoon(publishes.length, random), random.chance(0.08));
  } else if (choice < 40) {
    if (answers.length > 0) world.answer(pickSoon(answers.length, random));
  } else if (choice < 44) {
    if (random.chance(0.5)) publishes.splice(random.below(publishes.length), 1);
    else answers.splice(random.below(answers.length), 1);
  } else if (choice < 64) {
    for (let count = random.integer(1, 4); count > 0 && node.readNext(); count -= 1);
  } else if (choice < 78) {
    if (node.isLeader && node.pipelineLength < 3) world.submit(node, random.integer(1, 2));
    else if (!world.nodes.some(({ isLeader }) => isLeader)) node.contend();
  } else if (choice < 82) {
    if (node.isLeader) world.query(node);
  } else if (choice < 87) {
    if (node.needsFence) node.publishFence();
    else if (random.chance(0.4)) node.contend();
  } else if (choice < 91) {
    node.timeOut();
  } else if (choice < 93) {
    if (node.isLeader) node.doubt();
  } else if (choice < 95) {
    for (const each of world.nodes) if (each.isAlive) each.register();
  } else if (choice < 97) {
    node.recheck();
  } else if (node.isAlive) {
    if (random.chance(0.5)) {
      world.note(`${node.id} crashes`);
      node.crash();
    }
  } else {
    world.note(`${node.id} restarts`);
    node.restart();
  }
}

/** Mostly in order, as a connection delivers. */
function pickSoon(count: number, random: Random): number {
  return random.chance(0.7) ? 0 : random.below(count);
}
