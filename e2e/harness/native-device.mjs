// A device with the native SDK (the Go core as a shared library, driven by the JavaScript
// of @openim/electron-client-sdk). Its directory is its storage: the same directory is the
// same device, a new one a fresh device.
import { randomUUID } from 'node:crypto';
import fs from 'node:fs/promises';
import path from 'node:path';
import { ProcessDevice } from './process-device.mjs';

export class NativeDevice extends ProcessDevice {
  constructor({ server, platformID, ...device }) {
    super({
      ...device,
      platformID,
      worker: 'native-worker.cjs',
      config: {
        platformID,
        apiAddr: server.apiUrl,
        wsAddr: server.wsUrl,
        logLevel: Number(process.env.SDK_LOG_LEVEL ?? 3),
        // The log file that the SDK writes by itself stays empty when its process is killed.
        isLogStandardOutput: true,
      },
    });
  }

  /** A file that the SDK can be told to send. */
  async file(name, type, content) {
    const folder = path.join(this.dir, randomUUID());
    await fs.mkdir(folder, { recursive: true });
    const filepath = path.join(folder, name);
    await fs.writeFile(filepath, content);
    return { name, type, filepath };
  }

  fileMessage({ name, filepath }) {
    return this.call('createFileMessageFromFullPath', filepath, name);
  }

  imageMessage({ filepath }) {
    return this.call('createImageMessageFromFullPath', filepath);
  }

  /** Uploads a file for the app itself; returns its address. */
  async upload({ name, type, filepath }) {
    const params = { name, contentType: type, uuid: randomUUID(), filepath, cause: 'app' };
    return (await this.call('uploadFile', params)).url;
  }
}
