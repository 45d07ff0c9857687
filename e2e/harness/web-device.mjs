// A device with the wasm SDK in a page of a headless Chromium. A browser context is its
// storage: a new page in the same context is the same device, a new context a fresh one.
// One browser and one static server are shared by all devices of a test file.
import { randomUUID } from 'node:crypto';
import fs from 'node:fs';
import http from 'node:http';
import { createRequire } from 'node:module';
import os from 'node:os';
import path from 'node:path';
import puppeteer from 'puppeteer-core';
import { Device } from './device.mjs';

const CONSOLE_LINES_KEPT = 40;
const SDK_LOG_LEVEL = Number(process.env.SDK_LOG_LEVEL ?? 3);

export class WebDevice extends Device {
  #context;
  #page;
  #console = [];

  constructor({ server, ...device }) {
    super(device);
    this.server = server;
  }

  async open() {
    this.revive();
    const { browser, url } = await sharedBrowser();
    this.#context ??= await browser.createBrowserContext();
    const page = await this.#context.newPage();
    page.on('console', (message) => this.#keep(message.text()));
    page.on('pageerror', (error) => this.#keep(`page error: ${error}`));
    page.on('requestfailed', (request) => {
      this.#keep(`request failed: ${request.url()} ${request.failure()?.errorText}`);
    });
    page.on('error', (error) => this.fail(`the page crashed: ${error}`));
    await page.exposeFunction('reportEvent', (event, data) => {
      if (this.#page === page) this.record(event, data);
    });
    this.#page = page;
    await page.goto(url);
    await page.waitForFunction('window.sdkReady', { timeout: 60_000 });
  }

  async close() {
    await this.#page?.evaluate(() => window.storageWritten());
    await this.#leave();
  }

  /** Takes the device away with everything it has stored. */
  async discard() {
    await this.#leave();
    await this.#context?.close();
    this.#context = undefined;
  }

  async startLogin(token) {
    const answer = await this.invoke('login', [
      {
        userID: this.userID,
        token,
        platformID: this.platformID,
        apiAddr: this.server.apiUrl,
        wsAddr: this.server.wsUrl,
        logLevel: SDK_LOG_LEVEL,
        isLogStandardOutput: true,
      },
    ]);
    if (answer.errCode) {
      throw new Error(`${this.label}: login failed with ${answer.errCode} ${answer.errMsg}`);
    }
  }

  async invoke(method, args) {
    if (!this.#page) throw new Error(`${this.label} is not open`);
    return this.#page.evaluate((name, list) => window.invokeSdk(name, list), method, args);
  }

  /** A file that the SDK can be told to send; the page makes it when it is used. */
  async file(name, type, content) {
    return { name, type, size: content.length, base64: content.toString('base64') };
  }

  fileMessage(file) {
    const { name, size } = file;
    const params = {
      filePath: '',
      fileName: name,
      uuid: randomUUID(),
      sourceUrl: '',
      fileSize: size,
    };
    return this.call('createFileMessageByFile', { ...params, file: { madeInPage: file } });
  }

  imageMessage(file, width, height) {
    const picture = () => ({
      uuid: randomUUID(),
      type: file.type,
      size: file.size,
      width,
      height,
      url: '',
    });
    return this.call('createImageMessageByFile', {
      sourcePath: '',
      sourcePicture: picture(),
      bigPicture: picture(),
      snapshotPicture: picture(),
      file: { madeInPage: file },
    });
  }

  /** Uploads a file for the app itself; returns its address. */
  async upload(file) {
    const { name, type } = file;
    const params = { name, contentType: type, uuid: randomUUID(), file: { madeInPage: file } };
    return (await this.call('uploadFile', params)).url;
  }

  details() {
    return `console:\n${this.#console.join('\n')}`;
  }

  async #leave() {
    const page = this.#page;
    this.#page = undefined;
    await page?.close();
  }

  #keep(line) {
    this.#console.push(line.slice(0, 400));
    if (this.#console.length > CONSOLE_LINES_KEPT) this.#console.shift();
  }
}

/** Ends the browser and the static server. Harmless when none was started. */
export async function closeBrowser() {
  if (!shared) return;
  const { browser, files, profile } = await shared;
  shared = undefined;
  await browser.close();
  files.close();
  fs.rmSync(profile, { recursive: true, force: true });
}

let shared;
function sharedBrowser() {
  shared ??= startBrowser();
  return shared;
}

async function startBrowser() {
  const files = await serveSdk();
  const profile = fs.mkdtempSync(path.join(os.tmpdir(), 'switchboard-e2e-chromium-'));
  const browser = await puppeteer.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    userDataDir: profile,
    headless: true,
    protocolTimeout: 120_000,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      '--disable-dev-shm-usage',
      // Several pages are "in the background" at once; all of them have to keep time.
      '--disable-background-timer-throttling',
      '--disable-backgrounding-occluded-windows',
      '--disable-renderer-backgrounding',
    ],
  });
  return { browser, files, profile, url: `http://127.0.0.1:${files.address().port}/` };
}

const TYPES = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.wasm': 'application/wasm',
};

async function serveSdk() {
  const require = createRequire(import.meta.url);
  const root = path.join(path.dirname(require.resolve('@openim/wasm-client-sdk')), '..');
  const page = path.join(import.meta.dirname, 'web-page.html');
  const server = http.createServer((request, response) => {
    const { pathname } = new URL(request.url, 'http://localhost');
    const file = pathname === '/' ? page : path.join(root, pathname);
    const type = TYPES[path.extname(file)];
    if (!type || !fs.existsSync(file)) return response.writeHead(404).end();
    response.writeHead(200, { 'content-type': type, 'cache-control': 'max-age=3600' });
    fs.createReadStream(file).pipe(response);
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}
