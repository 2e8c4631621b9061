/** Many simulated power cuts. A failure names its seed: `FAULT_SEED=… TORTURE_CUTS=1` repeats the story. */
import { expect, it } from '@jest/globals';
import { tellCrashStory } from '../faults/simulation/crash-story.js';
import { CUTS, SEED, TIMEOUT_MS, say } from './figures.js';

it(
  `${CUTS} simulated power cuts: nothing acknowledged is lost, nothing is invented, there is no hole`,
  async () => {
    say(`torture: power cuts from seed ${SEED}`);
    const startedMs = performance.now();
    let [stories, cuts, cutsWhileOpening, kills, entries] = [0, 0, 0, 0, 0];
    for (let seed = SEED; cuts < CUTS; seed += 1) {
      const figures = await tellCrashStory(seed, { life: { failingSyncs: seed % 4 === 0 ? 0.02 : 0 } });
      stories += 1;
      cuts += figures.cuts;
      cutsWhileOpening += figures.cutsWhileOpening;
      kills += figures.kills;
      entries += figures.entries;
    }
    const seconds = ((performance.now() - startedMs) / 1000).toFixed(1);
    say(
      `torture: ${cuts} power cuts (${cutsWhileOpening} while opening) and ${kills} simulated kills in ${stories} stories, ` +
        `seeds ${SEED} … ${SEED + stories - 1}, ${entries} entries checked, ${seconds} s: 0 lost, 0 invented, 0 holes`,
    );
    expect(cuts).toBeGreaterThanOrEqual(CUTS);
  },
  TIMEOUT_MS,
);
