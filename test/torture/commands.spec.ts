/** Commands with ids, repeated by senders whose Sequencer is killed before, while and after it answers. */
import { expect, it } from '@jest/globals';
import { Random } from '../support/random.js';
import { temporaryDirectory } from '../support/temporary-directory.js';
import { COMMAND_KILLS, SEED, TIMEOUT_MS, say } from './figures.js';
import { KilledCommands, type CommandKillsOptions } from './killed-commands.js';

const KILLS_PER_JOURNAL = 8;
const AT_A_TIME = 2;

function drawOptions(random: Random): CommandKillsOptions {
  return {
    journal: {
      durability: random.pick(['sync', 'sync', 'async']),
      writer: random.pick(['positioned', 'positioned', 'mapped']),
      segmentSizeBytes: random.pick([8192, 65_536, 1_048_576]),
    },
    // The small window forgets within a life. A command inside the window is still not executed again.
    commandWindow: random.pick([65_536, 65_536, 40]),
    spread: random.pick([5, 50]),
  };
}

it(
  `${COMMAND_KILLS} Sequencers killed while commands are repeated: none is executed twice, every answer stays, and its repeats get the same`,
  async () => {
    say(`torture: commands from seed ${SEED}`);
    const startedMs = performance.now();
    const total = { kills: 0, answers: 0, repeatedOverKills: 0, foundJournaled: 0, entries: 0 };
    let nextSeed = SEED;
    let begun = 0;
    const oneAfterAnother = async (): Promise<void> => {
      while (begun < COMMAND_KILLS) {
        const seed = nextSeed;
        nextSeed += 1;
        const random = new Random(seed);
        const options = drawOptions(random);
        const commands = new KilledCommands(temporaryDirectory('torture-'), options, random);
        let kills = 0;
        try {
          for (; kills < KILLS_PER_JOURNAL && begun < COMMAND_KILLS; kills += 1) {
            begun += 1;
            await commands.killOnce();
          }
          await commands.finish();
        } catch (cause) {
          throw new Error(`seed ${seed}, kill ${kills}, ${JSON.stringify(options)}: ${String(cause)}`, {
            cause,
          });
        }
        total.kills += kills;
        for (const figure of ['answers', 'repeatedOverKills', 'foundJournaled', 'entries'] as const)
          total[figure] += commands[figure];
      }
    };
    await Promise.all(Array.from({ length: AT_A_TIME }, oneAfterAnother));
    const seconds = ((performance.now() - startedMs) / 1000).toFixed(1);
    say(
      `torture: ${total.kills} Sequencers killed, seeds ${SEED} … ${nextSeed - 1}, ${total.entries} entries, ${total.answers} answers, ` +
        `${total.repeatedOverKills} of them repeated over a kill, ${total.foundJournaled} of commands that were journaled and not answered, ${seconds} s: ` +
        '0 executed twice, 0 lost, 0 answered otherwise',
    );
    expect(total.kills).toBe(COMMAND_KILLS);
    expect(total.repeatedOverKills).toBeGreaterThan(COMMAND_KILLS);
  },
  TIMEOUT_MS,
);
