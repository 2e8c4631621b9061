import { describe, it } from '@jest/globals';
import { defineJournalConformance } from '../../src/testing/index.js';
import { ENGINE_VARIANTS } from '../support/engines.js';
import { fileJournalHarness } from './harness.js';

const [, ...others] = ENGINE_VARIANTS;
for (const variant of others) defineJournalConformance({ describe, it }, fileJournalHarness(variant));
