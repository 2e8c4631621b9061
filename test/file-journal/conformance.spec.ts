import { describe, it } from '@jest/globals';
import { defineJournalConformance } from '../../src/testing/index.js';
import { ENGINE_VARIANTS } from '../support/engines.js';
import { fileJournalHarness } from './harness.js';

const [usual] = ENGINE_VARIANTS;
if (usual === undefined) throw new Error('the engine has no variant');
defineJournalConformance({ describe, it }, fileJournalHarness(usual));
