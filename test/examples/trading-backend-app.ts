import type { INestApplication } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { getJournalToken, type FileJournalModuleOptions, type Journal } from 'nestjs-file-journal';
import { AppModule } from '../../examples/trading-backend/src/app.module.js';
import {
  configFromEnvironment,
  type BackendConfig,
} from '../../examples/trading-backend/src/config/backend-config.js';
import { temporaryDirectory } from '../support/temporary-directory.js';

export interface Answer {
  readonly status: number;
  /** What tests look at is known to them. */
  readonly body: Record<string, never> & { readonly [key: string]: unknown };
}

export interface Settings {
  readonly config?: Partial<BackendConfig>;
  readonly journal?: Partial<FileJournalModuleOptions>;
}

/** The backend of the example, in this process, on a port of its own. */
export class Backend {
  private constructor(
    readonly app: INestApplication,
    readonly url: string,
    readonly directory: string,
  ) {}

  static async start({ config, journal }: Settings = {}): Promise<Backend> {
    const journalDirectory = config?.journalDirectory ?? temporaryDirectory('trading-');
    const complete = {
      ...configFromEnvironment({}),
      segmentSizeBytes: 256 * 1024,
      ...config,
      journalDirectory,
      port: 0,
    };
    const app = await NestFactory.create(AppModule.register({ config: complete, journal }), {
      abortOnError: false,
      logger: false,
    });
    await app.listen(complete.port, complete.host);
    return new Backend(app, await app.getUrl(), journalDirectory);
  }

  get journal(): Journal {
    return this.app.get<Journal>(getJournalToken());
  }

  /** Stops it and starts another one on the same journal. */
  async restart(settings: Settings = {}): Promise<Backend> {
    await this.app.close();
    return Backend.start({ ...settings, config: { ...settings.config, journalDirectory: this.directory } });
  }

  close(): Promise<void> {
    return this.app.close();
  }

  get(path: string): Promise<Answer> {
    return this.send('GET', path);
  }

  post(path: string, body?: unknown): Promise<Answer> {
    return this.send('POST', path, body);
  }

  patch(path: string, body?: unknown): Promise<Answer> {
    return this.send('PATCH', path, body);
  }

  delete(path: string): Promise<Answer> {
    return this.send('DELETE', path);
  }

  /** @param body a string is sent as it is */
  async send(method: string, path: string, body?: unknown, key?: string): Promise<Answer> {
    const response = await fetch(this.url + path, {
      method,
      headers: {
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(key === undefined ? {} : { 'idempotency-key': key }),
      },
      body: body === undefined ? null : typeof body === 'string' ? body : JSON.stringify(body),
    });
    return { status: response.status, body: (await response.json()) as Answer['body'] };
  }
}
