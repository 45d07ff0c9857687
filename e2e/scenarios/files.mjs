// Files: messages that carry one, and uploads of an app's own. What comes back is compared byte by
// byte, fetched as an app does it: with any HTTP client and without a token.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import zlib from 'node:zlib';
import { received, send } from '../harness/chat.mjs';

const MIB = 1024 * 1024;

export const files = {
  'a file message carries the file to the peer': async (stage) => {
    const [alice, bob] = await stage.accounts('alice', 'bob');
    const [sender, receiver] = await stage.devices(alice, bob);
    const content = Buffer.from('Grüße, und sonst nichts.\n'.repeat(40));
    const file = await sender.file('Brief an Bob.txt', 'text/plain', content);

    const sent = await send(sender, bob, await sender.fileMessage(file));
    const { fileElem } = await received(receiver, sent.clientMsgID);

    assert.equal(fileElem.fileName, 'Brief an Bob.txt');
    assert.equal(fileElem.fileSize, content.length);
    assert.ok(fileElem.sourceUrl.includes(`/${alice.userID}/`), fileElem.sourceUrl);
    assert.deepEqual(await fetched(fileElem.sourceUrl), content);
  },

  'an image message carries the picture and its thumbnail': async (stage) => {
    const [alice, bob] = await stage.accounts('alice', 'bob');
    const [sender, receiver] = await stage.devices(alice, bob);
    const picture = png(1000, 500);
    const file = await sender.file('picture.png', 'image/png', picture);

    const sent = await send(sender, bob, await sender.imageMessage(file, 1000, 500));
    const { pictureElem } = await received(receiver, sent.clientMsgID);

    assert.deepEqual(await fetched(pictureElem.sourcePicture.url), picture);
    assert.deepEqual(
      [pictureElem.sourcePicture.width, pictureElem.sourcePicture.height],
      [1000, 500],
    );
    const { url } = pictureElem.snapshotPicture;
    // The SDK puts this behind the address that it was given, in an order of its own.
    const query = Object.fromEntries(new URL(url).searchParams);
    assert.deepEqual(query, { type: 'image', width: '640', height: '640' });
    assert.deepEqual(sizeOfPng(await fetched(url)), [640, 320]);
  },

  'an upload in several parts arrives whole, and is known the second time': async (stage) => {
    const [alice, bob] = await stage.accounts('alice', 'bob');
    const [first, second] = await stage.devices(alice, bob);
    const content = randomBytes(11 * MIB);
    const one = await first.upload(await first.file('large.bin', 'application/zip', content));
    assert.deepEqual(await fetched(one), content);

    const other = await second.upload(await second.file('again.bin', 'application/zip', content));
    assert.notEqual(other, one);
    assert.ok(other.includes(`/${bob.userID}/`), other);
    assert.deepEqual(await fetched(other), content);
  },

  'a file is not given to who was not sent its address': async (stage) => {
    const [alice, bob] = await stage.accounts('alice', 'bob');
    const device = await alice.freshDevice();
    const url = await device.upload(
      await device.file('private.txt', 'text/plain', Buffer.from('private')),
    );
    const name = url.replace(/\/object\/:[^/]+\//, '/object/');
    assert.notEqual(name, url);
    const status = async (address, token) => (await fetch(address, { headers: { token } })).status;
    assert.equal(await status(name, ''), 404);
    assert.equal(await status(name, await bob.token()), 404);
    assert.equal(await status(name, await alice.token()), 200);
  },

  'addresses of files outlive a restart of the server': async (stage) => {
    await stage.ownServer();
    const [alice] = await stage.accounts('alice');
    const device = await alice.freshDevice();
    const content = randomBytes(6 * MIB);
    const url = await device.upload(await device.file('kept.bin', 'application/zip', content));
    await stage.server.kill();
    await stage.server.launch();
    assert.deepEqual(await fetched(url), content);
  },
};

async function fetched(url) {
  const answer = await fetch(url);
  assert.equal(answer.status, 200, `${url}: ${answer.status}`);
  return Buffer.from(await answer.arrayBuffer());
}

/** A picture of one colour. */
function png(width, height) {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 2, 0, 0, 0], 8);
  const row = Buffer.concat([Buffer.alloc(1), Buffer.alloc(width * 3, 0x7f)]);
  const pixels = zlib.deflateSync(Buffer.concat(Array.from({ length: height }, () => row)));
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  const chunks = [chunk('IHDR', header), chunk('IDAT', pixels), chunk('IEND', Buffer.alloc(0))];
  return Buffer.concat([signature, ...chunks]);
}

function chunk(name, data) {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(data.length);
  const named = Buffer.concat([Buffer.from(name), data]);
  const sum = Buffer.alloc(4);
  sum.writeUInt32BE(crc32(named));
  return Buffer.concat([length, named, sum]);
}

function crc32(bytes) {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  }
  return (crc ^ 0xffffffff) >>> 0;
}

function sizeOfPng(bytes) {
  return [bytes.readUInt32BE(16), bytes.readUInt32BE(20)];
}
