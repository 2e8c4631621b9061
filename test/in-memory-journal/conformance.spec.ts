import { describe, it } from '@jest/globals';
import { InMemoryJournal } from '../../src/in-memory-journal/index.js';
import { defineJournalConformance } from '../../src/testing/index.js';
import { inMemoryHarness } from '../testing/in-memory-harness.js';

defineJournalConformance({ describe, it }, inMemoryHarness('InMemoryJournal', InMemoryJournal.open));
