import { ConfigurableModuleBuilder } from '@nestjs/common';
import type { FileJournalModuleExtras, FileJournalModuleOptions } from './options/file-journal-options.js';

const extras: FileJournalModuleExtras = { name: undefined, isGlobal: true };

export const { ConfigurableModuleClass, MODULE_OPTIONS_TOKEN, OPTIONS_TYPE, ASYNC_OPTIONS_TYPE } =
  new ConfigurableModuleBuilder<FileJournalModuleOptions>({ moduleName: 'FileJournal' })
    .setClassMethodName('forRoot')
    .setFactoryMethodName('createFileJournalOptions')
    .setExtras(extras, (definition, { isGlobal }) => ({ ...definition, global: isGlobal }))
    .build();
