// The pure JavaScript SDK (JSON frames, protobuf over REST) plays the first account, the
// native SDK the others. It is a looser client than the Go core; what it cannot do, whoever
// the server is, is listed here with the reason.
import assert from 'node:assert/strict';
import { runScenarios } from '../harness/run.mjs';
import { casts } from '../harness/stage.mjs';
import { chats } from '../scenarios/all.mjs';
import { silence } from '../scenarios/idle.mjs';
import { thinClient } from '../scenarios/thin-client.mjs';

const beyondThisSdk = {
  'a fresh device finishes its first sync': 'its sync events carry no data',
  'a device that comes back syncs without starting over': 'it stores nothing',
  'a message of type quote arrives unchanged in both directions': 'it embeds messages its own way',
  'a message of type merger arrives unchanged in both directions': 'it embeds messages its own way',
  'a message of type advanced text arrives unchanged in both directions': 'it does not know it',
  'a message of type video by URL arrives unchanged in both directions':
    'it misspells a member of the element',
  'reading tells the sender and clears the unread count of the own other device':
    'a receipt marks only the newest of the messages it covers',
  'a logout forced by the app server ends the session and its token':
    'after a refused login it wants a logout first',
  'an expired token is told from a wrong one, on dialling and on REST':
    'it drops the code of a REST error',
  'a token that is not one, or belongs to another, is refused':
    'after a refused login it wants a logout first',
  'nothing acknowledged is lost or doubled when the server is killed in mid-burst':
    'it throws in its own resync when a range comes back empty',
};

const own = {
  'a login with a token that is not one ends with an event': async (stage) => {
    const [alice] = await stage.accounts('alice');
    const device = await stage.unusedDevice(alice);
    await device.startLogin('not.a.token');
    const { event } = await device.next(['OnUserTokenInvalid', 'OnSyncServerFinish']);
    assert.equal(event, 'OnUserTokenInvalid');
  },

  // It sends a text every 10 s and gives up when the one before was not answered.
  'its heartbeats are answered': silence(25_000),
};

const scenarios = Object.entries(chats).filter(([sentence]) => !(sentence in beyondThisSdk));
runScenarios('pure JavaScript SDK', casts.script, {
  ...Object.fromEntries(scenarios),
  ...own,
  ...thinClient,
});
