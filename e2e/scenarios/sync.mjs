// Whatever happened, and whether a device was there to see it or not: in the end it shows what a
// device shows that has never been used, and what the server says.
import assert from 'node:assert/strict';
import {
  chatIn,
  chatOf,
  conversation,
  conversations,
  received,
  sendText,
} from '../harness/chat.mjs';
import {
  block,
  blockedAre,
  commonGroup,
  friend,
  friendsAre,
  invite,
  joinedGroups,
  kick,
  userIDs,
} from '../harness/circle.mjs';
import { Upheaval } from '../harness/upheaval.mjs';

const WITHOUT_NOTICE = 2;
const CHANGES = 60;
const CHANGES_A_STRETCH = 12;
const PAGE = { pageNumber: 1, showNumber: 100 };

export const sync = {
  'a fresh device ends with the friends, blocks, groups and conversations of the old one': async (
    stage,
  ) => {
    const [alice, bob] = await stage.accounts('alice', 'bob');
    const strangers = await stage.registered('carol', 'dave', 'erin');
    const [carol, dave, erin] = strangers;
    await stage.befriended(alice, bob, carol);
    const [device, peer] = await stage.devices(alice, bob);
    await friendsAre(device, [bob, carol]);
    await device.call('updateFriends', {
      friendUserIDs: [carol.userID],
      remark: 'C',
      isPinned: true,
    });
    await block(device, dave);
    await blockedAre(device, [dave]);
    const own = await commonGroup(device, { admins: [bob], members: [carol], known: [peer] });
    const other = await commonGroup(peer, {
      members: [alice, erin],
      known: [device],
      groupName: 'Two',
    });
    await kick(device, own, [carol]);
    await invite(peer, other, [dave]);
    await device.call('setConversation', {
      conversationID: chatIn(other),
      isPinned: true,
      recvMsgOpt: WITHOUT_NOTICE,
    });
    await sendText(device, own, 'to my group');
    await sendText(peer, alice, 'to you');
    const { clientMsgID } = await sendText(peer, other, 'to their group');
    await received(device, clientMsgID);
    await device.call('markConversationMessageAsRead', chatOf(alice, bob));
    const read = (chat) => chat.unreadCount === 0 && chat.latestMsg.textElem?.content === 'to you';
    await conversation(device, chatOf(alice, bob), read);
    await friend(device, carol, ({ remark, isPinned }) => remark === 'C' && isPinned);

    const anew = await alice.freshDevice('other');
    const { friends, blocked, groups } = await sameView(stage, alice, device, anew);
    assert.equal(friends.length, 2);
    assert.equal(blocked.length, 1);
    const inside = Object.fromEntries(
      groups.map(({ groupID, members: list }) => [groupID, userIDs(list).toSorted()]),
    );
    assert.deepEqual(inside[own.groupID], userIDs([alice, bob]).toSorted());
    assert.deepEqual(inside[other.groupID], userIDs([alice, bob, dave, erin]).toSorted());
  },

  'a device that keeps coming and going through many changes ends with equal lists': async (
    stage,
  ) => {
    const [alice] = await stage.accounts('alice');
    const seed = Number(process.env.SEED ?? 1);
    const upheaval = await Upheaval.around(stage, alice, seed);
    const device = await alice.freshDevice();
    try {
      for (let done = 0; done < CHANGES; done += CHANGES_A_STRETCH) {
        // One stretch it sees as it happens, the next one it has to catch up with.
        await upheaval.change(CHANGES_A_STRETCH / 2);
        // The SDK loses a conversation that it is cut off in the middle of making.
        const { from, clientMsgID } = await upheaval.flash();
        const shown = (chat) => chat.latestMsg?.clientMsgID === clientMsgID;
        await conversation(device, chatOf(alice, from), shown);
        await device.close();
        await upheaval.change(CHANGES_A_STRETCH / 2);
        await alice.comeBack(device);
      }
      const anew = await alice.freshDevice('other');
      await sameView(stage, alice, device, anew);
    } catch (error) {
      error.message += `\nSEED=${seed}; what happened:\n${upheaval.told()}`;
      throw error;
    }
  },
};

/** Waits until both devices show the same, and checks that it is what the server says. */
async function sameView(stage, account, device, anew) {
  const expected = await viewOf(anew);
  const view = await device
    .until(
      () => viewOf(device),
      (found) => isEqual(found, expected),
      { what: 'the view of a fresh device' },
    )
    .catch(async (error) => {
      // The whole difference, instead of the beginning of one side.
      assert.deepEqual(await viewOf(device), await viewOf(anew));
      throw error;
    });
  assert.deepEqual(ofLists(view), await recordsOf(stage, account));
  return view;
}

/** What a device shows, without what depends on when it was told. */
async function viewOf(device) {
  const groups = (await joinedGroups(device)).map((group) => ({
    ...pick(group, GROUP),
    members: sorted(group.members, MEMBER),
  }));
  const friendList = await device.call('getFriendList', false);
  return {
    friends: sorted(friendList, FRIEND),
    blocked: sorted((await device.call('getBlackList')) ?? [], BLOCKED),
    groups: groups.toSorted(byText),
    conversations: (await conversations(device))
      .map((chat) => ({
        ...pick(chat, CONVERSATION),
        latest: chat.latestMsg?.clientMsgID,
      }))
      .toSorted(byText),
  };
}

/** The same lists by REST, as far as REST has them. */
async function recordsOf({ admin }, { userID }) {
  const pagination = PAGE;
  const [{ friendsInfo }, { blacks }, { groups }, { conversations: chats }] = await Promise.all([
    admin.call('/friend/get_friend_list', { userID, pagination }),
    admin.call('/friend/get_black_list', { userID, pagination }),
    admin.call('/group/get_joined_group_list', { fromUserID: userID, pagination }),
    admin.call('/conversation/get_owner_conversation', { userID, pagination }),
  ]);
  const membersOf = async ({ groupID }) => {
    const answer = await admin.call('/group/get_group_member_list', { groupID, pagination });
    return sorted(answer.members, MEMBER);
  };
  const withMembers = (groups ?? []).map(async (group) => ({
    ...pick(group, GROUP),
    members: await membersOf(group),
  }));
  return {
    friends: sorted(
      (friendsInfo ?? []).map((entry) => ({ ...entry, ...entry.friendUser, ex: entry.ex })),
      FRIEND,
    ),
    blocked: sorted(
      (blacks ?? []).map((entry) => ({ ...entry, ...entry.blackUserInfo, ex: entry.ex })),
      BLOCKED,
    ),
    groups: (await Promise.all(withMembers)).toSorted(byText),
    conversations: sorted(chats ?? [], SETTINGS),
  };
}

function ofLists({ conversations: chats, ...lists }) {
  return { ...lists, conversations: sorted(chats, SETTINGS) };
}

const FRIEND = ['userID', 'nickname', 'faceURL', 'remark', 'ex', 'isPinned', 'addSource'];
const BLOCKED = ['userID', 'nickname', 'faceURL', 'ex'];
const GROUP = [
  'groupID',
  'groupName',
  'introduction',
  'notification',
  'faceURL',
  'ex',
  'ownerUserID',
  'memberCount',
  'status',
  'needVerification',
  'createTime',
  'creatorUserID',
];
const MEMBER = [
  'userID',
  'nickname',
  'faceURL',
  'roleLevel',
  'muteEndTime',
  'ex',
  'joinTime',
  'joinSource',
  'inviterUserID',
];
// Without `burnDuration` and the name: a zero is 30 in the SDK's own table, or not, depending on the way
// it came, and names follow friends and groups only if the SDK made the conversation before.
const SETTINGS = [
  'conversationID',
  'conversationType',
  'userID',
  'groupID',
  'recvMsgOpt',
  'isPinned',
  'ex',
  'isPrivateChat',
  'groupAtType',
];
const CONVERSATION = [...SETTINGS, 'faceURL', 'unreadCount'];

function sorted(list, keys) {
  return list.map((entry) => pick(entry, keys)).toSorted(byText);
}

function pick(entry, keys) {
  return Object.fromEntries(keys.map((key) => [key, entry[key] ?? '']));
}

function byText(one, two) {
  const [left, right] = [JSON.stringify(one), JSON.stringify(two)];
  return left < right ? -1 : Number(left > right);
}

function isEqual(one, two) {
  return JSON.stringify(one) === JSON.stringify(two);
}
