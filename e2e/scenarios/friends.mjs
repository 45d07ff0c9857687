// Friends: asking, accepting and refusing, notes about them, letting them go, blocking.
import assert from 'node:assert/strict';
import {
  chatOf,
  conversation,
  history,
  inHistory,
  received,
  said,
  sendText,
} from '../harness/chat.mjs';
import {
  Verdict,
  befriend,
  block,
  blockedAre,
  friend,
  friendsAre,
  userIDs,
} from '../harness/circle.mjs';

const BLOCKED_BY_PEER = 1302;
const NOT_YOURSELF = 1301;
const ALREADY_FRIENDS = 1304;
const NOT_FOUND = 1004;
const BECAME_FRIENDS = 1201;
const IS_FRIEND = 1;
const EVERYTHING = { offset: 0, count: 50 };

export const friends = {
  'a request is told, accepted, and makes friends of both ends': async (stage) => {
    const [alice, bob] = await stage.accounts('alice', 'bob');
    const [asking, asked] = await stage.devices(alice, bob);
    const conversationID = chatOf(alice, bob);

    await asking.call('addFriend', { toUserID: bob.userID, reqMsg: 'it is me' });
    const told = await asked.waitFor('OnFriendApplicationAdded');
    assert.equal(told.fromUserID, alice.userID);
    assert.equal(told.fromNickname, alice.nickname);
    assert.equal(told.reqMsg, 'it is me');
    assert.equal(told.handleResult, Verdict.open);
    assert.equal(Number(await unhandled(asked)), 1);
    await friendsAre(asking, []);

    await asked.call('acceptFriendApplication', { toUserID: alice.userID, handleMsg: 'welcome' });
    const accepted = await asking.waitFor('OnFriendApplicationAccepted');
    assert.equal(accepted.toUserID, bob.userID);
    assert.equal(accepted.handleMsg, 'welcome');
    await asking.waitFor('OnFriendAdded', ({ userID }) => userID === bob.userID);
    await asked.waitFor('OnFriendAdded', ({ userID }) => userID === alice.userID);
    assert.equal(Number(await unhandled(asked)), 0);

    const anew = await bob.freshDevice('other');
    for (const [device, peer] of [
      [asking, bob],
      [asked, alice],
      [anew, alice],
    ]) {
      const entry = await friend(device, peer);
      assert.equal(entry.nickname, peer.nickname);
      const [check] = await device.call('checkFriend', [peer.userID]);
      assert.equal(check.result, IS_FRIEND);
      // "You have become friends" opens the conversation.
      const opened = (chat) => chat.latestMsg?.contentType === BECAME_FRIENDS;
      const chat = await conversation(device, conversationID, opened);
      assert.equal(chat.showName, peer.nickname);
      const types = (await history(device, conversationID)).map((entry) => entry.contentType);
      assert.deepEqual(types, [BECAME_FRIENDS]);
    }
  },

  'a refused request makes nobody a friend and may be repeated': async (stage) => {
    const [alice, bob] = await stage.accounts('alice', 'bob');
    const [asking, asked] = await stage.devices(alice, bob);

    await asking.call('addFriend', { toUserID: bob.userID, reqMsg: 'once' });
    await asked.waitFor('OnFriendApplicationAdded');
    await asked.call('refuseFriendApplication', { toUserID: alice.userID, handleMsg: 'no' });
    const refused = await asking.waitFor('OnFriendApplicationRejected');
    assert.equal(refused.handleMsg, 'no');
    const [sent] = await asking.call('getFriendApplicationListAsApplicant', EVERYTHING);
    assert.equal(sent.handleResult, Verdict.refused);
    assert.deepEqual(await asking.call('getFriendList', false), []);
    assert.deepEqual(await asked.call('getFriendList', false), []);

    const since = asked.mark();
    await asking.call('addFriend', { toUserID: bob.userID, reqMsg: 'twice' });
    const again = await asked.waitFor('OnFriendApplicationAdded', undefined, { since });
    assert.equal(again.reqMsg, 'twice');
    assert.equal(again.handleResult, Verdict.open);
    await asked.call('acceptFriendApplication', { toUserID: alice.userID, handleMsg: 'well then' });
    await friendsAre(asking, [bob]);
    await friendsAre(asked, [alice]);

    const add = (toUserID) => asking.call('addFriend', { toUserID, reqMsg: '' });
    await assert.rejects(add(bob.userID), { errCode: ALREADY_FRIENDS });
    await assert.rejects(add(alice.userID), { errCode: NOT_YOURSELF });
    await assert.rejects(add(`${bob.userID}-nobody`), { errCode: NOT_FOUND });
  },

  'requests made while one was away are listed, by state and by the page': async (stage) => {
    const [bob, ...asking] = await stage.accounts('bob', 'ann', 'ben', 'cleo', 'dora');
    for (const { userID } of asking) {
      const request = { fromUserID: userID, toUserID: bob.userID, reqMsg: `from ${userID}` };
      await stage.admin.call('/friend/add_friend', request);
    }
    const [ann, ben, cleo, dora] = asking;
    const device = await bob.freshDevice();
    const listed = async (handleResults, page = EVERYTHING) => {
      const list = await device.call('getFriendApplicationListAsRecipient', {
        handleResults,
        ...page,
      });
      return list.map(({ fromUserID }) => fromUserID);
    };
    const same = (found, accounts) =>
      assert.deepEqual(found.toSorted(), userIDs(accounts).toSorted());

    assert.equal(Number(await unhandled(device)), 4);
    await device.call('acceptFriendApplication', { toUserID: ann.userID, handleMsg: '' });
    await device.call('refuseFriendApplication', { toUserID: ben.userID, handleMsg: '' });
    assert.equal(Number(await unhandled(device)), 2);
    same(await listed([]), asking);
    same(await listed([Verdict.open]), [cleo, dora]);
    same(await listed([Verdict.accepted]), [ann]);
    same(await listed([Verdict.refused, Verdict.open]), [ben, cleo, dora]);
    const first = await listed([], { offset: 0, count: 2 });
    const second = await listed([], { offset: 2, count: 2 });
    same([...first, ...second], asking);
    await friendsAre(device, [ann]);
  },

  'what one notes about a friend shows on the own other device only': async (stage) => {
    const [alice, bob, carol] = await stage.accounts('alice', 'bob', 'carol');
    await stage.befriended(alice, bob, carol);
    const [first, second, peer] = await Promise.all([
      alice.freshDevice('main'),
      alice.freshDevice('other'),
      bob.freshDevice(),
    ]);
    for (const device of [first, second]) await friendsAre(device, [bob, carol]);
    const { clientMsgID } = await sendText(peer, alice, 'hello');
    for (const device of [first, second]) await received(device, clientMsgID);
    const since = peer.mark();

    const friendUserIDs = [bob.userID];
    await first.call('updateFriends', { friendUserIDs, remark: 'Bobby', ex: 'x', isPinned: true });

    const noted = (entry) => entry?.remark === 'Bobby' && entry.ex === 'x' && entry.isPinned;
    await second.waitFor('OnFriendInfoChanged', noted);
    await second.close();
    const anew = await alice.freshDevice('other');
    for (const device of [first, anew]) {
      await friend(device, bob, noted);
      await friend(device, carol, (entry) => !entry.isPinned && entry.remark === '');
      await conversation(device, chatOf(alice, bob), (chat) => chat.showName === 'Bobby');
    }
    assert.deepEqual(peer.seen('OnFriendInfoChanged', since), []);

    // The wasm SDK shows what is set only, and goes on showing what was taken back.
    await first.call('updateFriends', { friendUserIDs, remark: '', isPinned: false });
    const { friendsInfo } = await stage.admin.call('/friend/get_designated_friends', {
      ownerUserID: alice.userID,
      friendUserIDs,
    });
    assert.deepEqual(
      friendsInfo.map(({ remark, ex, isPinned }) => ({ remark, ex, isPinned })),
      [{ remark: '', ex: 'x', isPinned: false }],
    );
  },

  'deleting a friend is one-sided': async (stage) => {
    const [alice, bob] = await stage.accounts('alice', 'bob');
    await stage.befriended(alice, bob);
    const [first, second, peer] = await Promise.all([
      alice.freshDevice('main'),
      alice.freshDevice('other'),
      bob.freshDevice(),
    ]);
    for (const device of [first, second]) await friendsAre(device, [bob]);

    await first.call('deleteFriend', bob.userID);
    for (const device of [first, second]) {
      await device.waitFor('OnFriendDeleted', ({ userID }) => userID === bob.userID);
      await friendsAre(device, []);
    }
    // What bob sends proves that nothing was on its way to him before.
    const { clientMsgID } = await sendText(peer, alice, 'still there?');
    await received(first, clientMsgID);
    await friendsAre(peer, [alice]);
    assert.deepEqual(peer.seen('OnFriendDeleted'), []);
    await assert.rejects(first.call('deleteFriend', bob.userID));

    await befriend(first, peer);
    await friendsAre(second, [bob]);
  },

  'who is blocked cannot send until the block is lifted': async (stage) => {
    const [alice, bob] = await stage.accounts('alice', 'bob');
    const [first, second, peer] = await Promise.all([
      alice.freshDevice('main'),
      alice.freshDevice('other'),
      bob.freshDevice(),
    ]);

    await block(first, bob, 'spam');
    // On the device that blocks, the same race may swallow the event.
    await second.waitFor('OnBlackAdded', ({ userID }) => userID === bob.userID);
    for (const device of [first, second]) {
      await blockedAre(device, [bob]);
      const [entry] = await device.call('getBlackList');
      assert.equal(entry.nickname, bob.nickname);
      assert.equal(entry.ex, 'spam');
    }
    await assert.rejects(sendText(peer, alice, 'unheard'), { errCode: BLOCKED_BY_PEER });
    const back = await sendText(first, bob, 'I can still talk to you');
    await received(peer, back.clientMsgID);
    await second.close();

    await first.call('removeBlack', bob.userID);
    await blockedAre(first, []);
    const { clientMsgID } = await sendText(peer, alice, 'heard');
    await received(first, clientMsgID);
    await alice.comeBack(second);
    for (const device of [first, second]) {
      await blockedAre(device, []);
      await inHistory(device, chatOf(alice, bob), clientMsgID);
      const heard = ['I can still talk to you', 'heard'];
      assert.deepEqual(said(await history(device, chatOf(alice, bob))), heard);
    }
  },

  'a new nickname of a friend shows in the list and the conversation, away or not': async (
    stage,
  ) => {
    const [alice, bob, carol] = await stage.accounts('alice', 'bob', 'carol');
    await stage.befriended(alice, bob, carol);
    const [changing, present, away] = await stage.devices(alice, bob, carol);
    const conversationID = chatOf(alice, bob);
    const { clientMsgID } = await sendText(changing, bob, 'hello');
    await received(present, clientMsgID);
    await friendsAre(away, [alice]);
    await away.close();

    const nickname = 'Alice by another name';
    const faceURL = 'http://files.example/alice.png';
    await changing.call('setSelfInfo', { nickname, faceURL });
    const renamed = (entry) => entry?.nickname === nickname && entry.faceURL === faceURL;
    await present.waitFor('OnFriendInfoChanged', renamed);
    await friend(present, alice, renamed);
    await conversation(present, conversationID, (chat) => chat.showName === nickname);
    await carol.comeBack(away);
    await friend(away, alice, renamed);
    const found = await present.call('searchFriends', {
      keywordList: ['another name'],
      isSearchUserID: false,
      isSearchNickname: true,
      isSearchRemark: true,
    });
    assert.deepEqual(userIDs(found), [alice.userID]);
  },
};

function unhandled(device) {
  return device.call('getFriendApplicationUnhandledCount', { time: 0 });
}
