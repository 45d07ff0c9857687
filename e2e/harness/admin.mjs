// What an app server does over REST: it owns the secret, registers users and hands out
// their tokens. Every call throws `ApiError` when the answer carries an error code.
import { randomUUID } from 'node:crypto';

export const Platform = { ios: 1, android: 2, windows: 3, osx: 4, web: 5, linux: 7, ipad: 9 };

const TOKEN_EXPIRED = 1501;
const TEXT = 101;
const SINGLE_CHAT = 1;

export class ApiError extends Error {
  constructor(route, { errCode, errMsg, errDlt }) {
    super(`${route} answered ${errCode} ${errMsg} (${errDlt})`);
    this.errCode = errCode;
  }
}

export class Admin {
  #token;

  constructor(apiUrl, secret = 'openIM123', userID = 'imAdmin') {
    this.apiUrl = apiUrl;
    this.secret = secret;
    this.userID = userID;
  }

  /** One REST call as the admin, whose token is renewed when it has run out. */
  async call(route, body) {
    this.#token ??= await this.#login();
    try {
      return await this.post(route, body, this.#token);
    } catch (error) {
      if (error.errCode !== TOKEN_EXPIRED) throw error;
      this.#token = await this.#login();
      return this.post(route, body, this.#token);
    }
  }

  /** One REST call with any token, or none. */
  async post(route, body, token) {
    const headers = { 'content-type': 'application/json', operationID: randomUUID() };
    if (token) headers.token = token;
    const answer = await fetch(this.apiUrl + route, {
      method: 'POST',
      headers,
      body: JSON.stringify(body),
    });
    const text = await answer.text();
    let envelope;
    try {
      envelope = JSON.parse(text);
    } catch {
      throw new Error(
        `${route} answered HTTP ${answer.status} without JSON: ${text.slice(0, 200)}`,
      );
    }
    if (envelope.errCode !== 0) throw new ApiError(route, envelope);
    return envelope.data;
  }

  async registerUsers(users) {
    await this.call('/user/user_register', { users });
  }

  async userToken(userID, platformID) {
    const { token } = await this.call('/auth/get_user_token', { userID, platformID });
    return token;
  }

  /** A token other than `old`: two that are made in the same second may be equal. */
  async newerToken(userID, platformID, old) {
    for (let attempt = 0; attempt < 100; attempt++) {
      const token = await this.userToken(userID, platformID);
      if (token !== old) return token;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    throw new Error('every new token equals the old one');
  }

  async parseToken(token) {
    return this.post('/auth/parse_token', { token });
  }

  async forceLogout(userID, platformID) {
    await this.call('/auth/force_logout', { userID, platformID });
  }

  async sendText(sendID, recvID, text) {
    return this.call('/msg/send_msg', {
      sendID,
      recvID,
      senderNickname: sendID,
      senderPlatformID: 10,
      contentType: TEXT,
      sessionType: SINGLE_CHAT,
      content: { content: text },
    });
  }

  async sendBusinessNotification(sendUserID, recvUserID, key, data) {
    return this.call('/msg/send_business_notification', { sendUserID, recvUserID, key, data });
  }

  async #login() {
    const body = { secret: this.secret, userID: this.userID };
    const { token } = await this.post('/auth/get_admin_token', body);
    return token;
  }
}
