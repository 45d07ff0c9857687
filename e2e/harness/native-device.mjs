// A device with the native SDK (the Go core as a shared library, driven by the JavaScript
// of @openim/electron-client-sdk). Its directory is its storage: the same directory is the
// same device, a new one a fresh device.
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
}
