// What every kind of device has in common, whichever SDK runs on it: a list of all the
// events it has seen, ways to wait for one, and calls that throw when the SDK refuses.
// A kind of device adds how its SDK is started, called and ended.

const EVENT_TIMEOUT_MS = 20_000;
const LOGIN_TIMEOUT_MS = 60_000;
const STATE_RECHECK_MS = 250;
const EVENTS_SHOWN = 15;
const EVENT_CHARS_SHOWN = 220;

/** Events by which an SDK tells that a login, or a session, is over. */
export const SESSION_ENDINGS = ['OnUserTokenExpired', 'OnUserTokenInvalid', 'OnKickedOffline'];

export class SdkError extends Error {
  constructor(method, errCode, errMsg) {
    super(`${method} failed with ${errCode} ${errMsg}`);
    this.errCode = errCode;
  }
}

export class Device {
  #events = [];
  #watchers = new Set();
  #failure;

  constructor({ label, userID, platformID }) {
    this.label = label;
    this.userID = userID;
    this.platformID = platformID;
  }

  // For each kind of device to define:
  //   open()           starts the SDK on the storage that the device already has
  //   close()          takes the device away without a word, as a flat battery would
  //   startLogin(token)
  //   invoke(method, args) → { errCode, errMsg, data }

  /** Logs in and waits until the SDK has finished its first sync. */
  async login(token) {
    const since = this.mark();
    await this.startLogin(token);
    const endings = ['OnSyncServerFinish', 'OnSyncServerFailed', ...SESSION_ENDINGS];
    const { event } = await this.next(endings, { since, timeout: LOGIN_TIMEOUT_MS });
    if (event !== 'OnSyncServerFinish') throw this.#error(`login ended with ${event}`);
  }

  /** Calls the SDK and returns the data of its answer. */
  async call(method, ...args) {
    const { errCode, errMsg, data } = await this.invoke(method, args);
    if (errCode) throw new SdkError(method, errCode, errMsg);
    return data;
  }

  /** A position in the stream of events, to wait only for what comes later. */
  mark() {
    return this.#events.length;
  }

  /** The data of the first event of that name (since `since`) that the predicate accepts. */
  async waitFor(name, predicate = () => true, options = {}) {
    const { data } = await this.next([name], { predicate, ...options });
    return data;
  }

  /** The first event, as { event, data }, that has one of the names and fits the predicate. */
  next(names, { predicate = () => true, since = 0, timeout = EVENT_TIMEOUT_MS } = {}) {
    let position = since;
    const look = () => {
      for (; position < this.#events.length; position++) {
        const seen = this.#events[position];
        if (names.includes(seen.event) && predicate(seen.data)) return seen;
      }
      return undefined;
    };
    return this.#watch(look, timeout, () => `no ${names.join(' or ')} within ${timeout} ms`);
  }

  /** Events seen so far, for assertions that something did not happen. */
  seen(name, since = 0) {
    const later = this.#events.slice(since);
    return later.filter(({ event }) => event === name).map(({ data }) => data);
  }

  /**
   * Waits for a state rather than an event: `read` asks the SDK, `accept` judges. It is asked
   * again after every event, and now and then without one, because the SDK raises some events
   * before its own database shows what they announce.
   */
  async until(read, accept, { timeout = EVENT_TIMEOUT_MS, what = 'the expected state' } = {}) {
    const deadline = Date.now() + timeout;
    for (;;) {
      const before = this.mark();
      const value = await read();
      if (accept(value)) return value;
      if (Date.now() > deadline) {
        throw this.#error(
          `${what} not reached within ${timeout} ms; it was ${shorten(value, 2000)}`,
        );
      }
      await this.#changed(before);
    }
  }

  // For the kinds of devices.

  record(event, data) {
    this.#events.push({ event, data, at: Date.now() });
    this.#notify();
  }

  /** The SDK itself has died; whoever waits learns it now. */
  fail(reason) {
    this.#failure = reason;
    this.#notify();
  }

  revive() {
    this.#failure = undefined;
  }

  #notify() {
    for (const watcher of [...this.#watchers]) watcher();
  }

  #watch(look, timeout, complaint) {
    return new Promise((resolve, reject) => {
      const finish = (settle, value) => {
        clearTimeout(timer);
        this.#watchers.delete(watcher);
        settle(value);
      };
      const watcher = () => {
        const found = look();
        if (found) finish(resolve, found);
        else if (this.#failure) finish(reject, this.#error(this.#failure));
      };
      const timer = setTimeout(() => finish(reject, this.#error(complaint())), timeout);
      this.#watchers.add(watcher);
      watcher();
    });
  }

  #changed(position) {
    const look = () => this.#events.length > position;
    return this.#watch(look, STATE_RECHECK_MS, () => 'nothing new').catch(() => {
      if (this.#failure) throw this.#error(this.#failure);
    });
  }

  #error(complaint) {
    const last = this.#events.slice(-EVENTS_SHOWN).map(({ event, data, at }) => {
      const time = new Date(at).toISOString().slice(11, 23);
      return `  ${time} ${event} ${shorten(data, EVENT_CHARS_SHOWN)}`;
    });
    const details = this.details?.() ?? '';
    return new Error(`${this.label}: ${complaint}\nlast events:\n${last.join('\n')}\n${details}`);
  }
}

function shorten(value, length) {
  const text = JSON.stringify(value) ?? 'undefined';
  return text.length > length ? `${text.slice(0, length)}…` : text;
}
