// A seeded sequence of changes around one account, all over REST: friends, blocks, groups, members,
// settings, messages, made by the account itself or by others. What is possible next follows from what
// was done before, so every call is expected to succeed, and a seed always tells the same story.
import { Platform } from './admin.mjs';
import { Role } from './circle.mjs';

const OTHERS = 8;
const TEXT = 101;
const SINGLE = 1;
const GROUP = 3;
const GROUP_TYPE = 2;

export class Upheaval {
  #admin;
  #random;
  #self;
  #beacon;
  #others;
  #tokens = new Map();
  #friends = new Set();
  #blocked = new Set();
  #groups = new Map();
  #chats = new Set();
  #log = [];
  #count = 0;

  /** Gives the account eight others to have to do with. */
  static async around(stage, account, seed) {
    const upheaval = new Upheaval();
    upheaval.#admin = stage.admin;
    upheaval.#random = randomNumbers(seed);
    upheaval.#self = account.userID;
    const names = Array.from({ length: OTHERS }, (_, index) => `other${index}`);
    [upheaval.#beacon] = await stage.registered('beacon');
    upheaval.#others = (await stage.registered(...names)).map(({ userID }) => userID);
    return upheaval;
  }

  async change(times) {
    for (let time = 0; time < times; time++) {
      // A change that is impossible now gives way to another one.
      while (!(await this.#pick(CHANGES).call(this)));
    }
  }

  /** A message from somebody who does nothing else: what shows it has seen all that was before. */
  async flash() {
    const content = { content: 'that was it' };
    const message = { sendID: this.#beacon.userID, recvID: this.#self, sessionType: SINGLE };
    const { clientMsgID } = await this.#send({ ...message, content });
    return { from: this.#beacon, clientMsgID };
  }

  told() {
    return this.#log.join('\n');
  }

  // What is possible. Each answers whether it was.

  async befriend() {
    const other = this.#one(this.#others.filter((userID) => !this.#friends.has(userID)));
    if (!other) return false;
    const [fromUserID, toUserID] = this.#pick([
      [this.#self, other],
      [other, this.#self],
    ]);
    await this.#do(fromUserID, '/friend/add_friend', { fromUserID, toUserID, reqMsg: 'hello' });
    const answer = { fromUserID, toUserID, handleResult: 1, handleMsg: '' };
    await this.#do(toUserID, '/friend/add_friend_response', answer);
    this.#friends.add(other);
    this.#chats.add(other);
    return true;
  }

  async unfriend() {
    const friendUserID = this.#one(this.#friends);
    if (!friendUserID) return false;
    await this.#do(this.#self, '/friend/delete_friend', { ownerUserID: this.#self, friendUserID });
    // One-sided: to be asked again, the other one must have let go, too.
    const reverse = { ownerUserID: friendUserID, friendUserID: this.#self };
    await this.#do(friendUserID, '/friend/delete_friend', reverse);
    this.#friends.delete(friendUserID);
    return true;
  }

  async note() {
    const other = this.#one(this.#friends);
    if (!other) return false;
    const changes = this.#pick([
      { remark: `remark ${++this.#count}` },
      { isPinned: this.#random() < 0.5 },
      { ex: `ex ${++this.#count}` },
    ]);
    const update = { ownerUserID: this.#self, friendUserIDs: [other], ...changes };
    await this.#do(this.#self, '/friend/update_friends', update);
    return true;
  }

  async block() {
    const blackUserID = this.#one(this.#others.filter((userID) => !this.#blocked.has(userID)));
    if (!blackUserID) return false;
    await this.#do(this.#self, '/friend/add_black', {
      ownerUserID: this.#self,
      blackUserID,
      ex: 'b',
    });
    this.#blocked.add(blackUserID);
    return true;
  }

  async unblock() {
    const blackUserID = this.#one(this.#blocked);
    if (!blackUserID) return false;
    await this.#do(this.#self, '/friend/remove_black', { ownerUserID: this.#self, blackUserID });
    this.#blocked.delete(blackUserID);
    return true;
  }

  async rename() {
    const userID = this.#one(this.#others);
    const userInfo = { userID, nickname: `Name ${++this.#count}` };
    await this.#do(userID, '/user/update_user_info_ex', { userInfo });
    return true;
  }

  async found() {
    const ownerUserID = this.#one([this.#self, ...this.#others]);
    const memberUserIDs = this.#some([this.#self, ...this.#others], ownerUserID);
    const groupInfo = { groupType: GROUP_TYPE, groupName: `Group ${++this.#count}` };
    const body = { ownerUserID, memberUserIDs, groupInfo };
    const { groupInfo: made } = await this.#do(ownerUserID, '/group/create_group', body);
    const ranks = memberUserIDs.map((userID) => [userID, Role.member]);
    this.#groups.set(made.groupID, new Map([[ownerUserID, Role.owner], ...ranks]));
    return true;
  }

  async invite() {
    const { groupID, group } = this.#group();
    const outside = group && this.#one(this.#everybody().filter((userID) => !group.has(userID)));
    if (!outside) return false;
    const body = { groupID, invitedUserIDs: [outside], reason: '' };
    await this.#do(this.#one(group.keys()), '/group/invite_user_to_group', body);
    group.set(outside, Role.member);
    return true;
  }

  async kick() {
    const { groupID, group } = this.#group();
    const outgoing = group && this.#one(withRank(group, Role.member));
    if (!outgoing) return false;
    const body = { groupID, kickedUserIDs: [outgoing], reason: '' };
    await this.#do(this.#one(withRank(group, Role.owner)), '/group/kick_group', body);
    group.delete(outgoing);
    return true;
  }

  async quit() {
    const { groupID, group } = this.#group();
    const userID = group && this.#one(withRank(group, Role.member, Role.admin));
    if (!userID) return false;
    await this.#do(userID, '/group/quit_group', { groupID, userID });
    group.delete(userID);
    return true;
  }

  async rank() {
    const { groupID, group } = this.#group();
    const userID = group && this.#one(withRank(group, Role.member, Role.admin));
    if (!userID) return false;
    const roleLevel = group.get(userID) === Role.admin ? Role.member : Role.admin;
    const owner = this.#one(withRank(group, Role.owner));
    await this.#do(owner, '/group/set_group_member_info', {
      members: [{ groupID, userID, roleLevel }],
    });
    group.set(userID, roleLevel);
    return true;
  }

  async describeMember() {
    const { groupID, group } = this.#group();
    if (!group) return false;
    const userID = this.#one(group.keys());
    const members = [{ groupID, userID, nickname: `Member ${++this.#count}` }];
    await this.#do(userID, '/group/set_group_member_info', { members });
    return true;
  }

  async mute() {
    const { groupID, group } = this.#group();
    const userID = group && this.#one(withRank(group, Role.member));
    if (!userID) return false;
    const owner = this.#one(withRank(group, Role.owner));
    const route = this.#pick(['/group/mute_group_member', '/group/cancel_mute_group_member']);
    await this.#do(owner, route, { groupID, userID, mutedSeconds: 600 });
    return true;
  }

  async describe() {
    const { groupID, group } = this.#group();
    if (!group) return false;
    const number = ++this.#count;
    const changes = this.#pick([
      { groupName: `Group ${number}` },
      { notification: `announcement ${number}` },
      { introduction: `introduction ${number}`, ex: `ex ${number}` },
      { needVerification: this.#pick([0, 2]) },
    ]);
    const owner = this.#one(withRank(group, Role.owner));
    await this.#do(owner, '/group/set_group_info_ex', { groupID, ...changes });
    return true;
  }

  async handOver() {
    const { groupID, group } = this.#group();
    const newOwnerUserID = group && this.#one(withRank(group, Role.member));
    if (!newOwnerUserID) return false;
    const oldOwnerUserID = this.#one(withRank(group, Role.owner));
    const body = { groupID, oldOwnerUserID, newOwnerUserID };
    await this.#do(oldOwnerUserID, '/group/transfer_group', body);
    group.set(oldOwnerUserID, Role.member).set(newOwnerUserID, Role.owner);
    return true;
  }

  async dismiss() {
    if (this.#groups.size < 3) return false;
    const { groupID, group } = this.#group();
    const owner = this.#one(withRank(group, Role.owner));
    await this.#do(owner, '/group/dismiss_group', { groupID });
    this.#groups.delete(groupID);
    return true;
  }

  async say() {
    const sendID = this.#one(this.#others.filter((userID) => !this.#blocked.has(userID)));
    if (!sendID) return false;
    await this.#send({ sendID, recvID: this.#self, sessionType: SINGLE });
    this.#chats.add(sendID);
    return true;
  }

  async sayInGroup() {
    const { groupID, group } = this.#group();
    if (!group) return false;
    const sendID = this.#one(withRank(group, Role.owner));
    await this.#send({ sendID, groupID, sessionType: GROUP });
    return true;
  }

  async arrange() {
    const userID = this.#one(this.#chats);
    if (!userID) return false;
    const changes = this.#pick([
      { isPinned: this.#random() < 0.5 },
      { recvMsgOpt: this.#pick([0, 2]) },
      { ex: `ex ${++this.#count}` },
    ]);
    const conversationID = `si_${[this.#self, userID].sort().join('_')}`;
    const conversation = { conversationID, conversationType: SINGLE, userID, ...changes };
    const body = { userIDs: [this.#self], conversation };
    await this.#do(this.#self, '/conversation/set_conversations', body);
    return true;
  }

  // How it is done.

  async #send(to) {
    const content = { content: `text ${++this.#count}` };
    const body = { senderPlatformID: Platform.ios, contentType: TEXT, content, ...to };
    this.#log.push(`imAdmin /msg/send_msg ${JSON.stringify(body)}`);
    return this.#admin.call('/msg/send_msg', body);
  }

  async #do(userID, route, body) {
    this.#log.push(`${userID} ${route} ${JSON.stringify(body)}`);
    if (!this.#tokens.has(userID)) {
      this.#tokens.set(userID, await this.#admin.userToken(userID, Platform.ios));
    }
    return this.#admin.post(route, body, this.#tokens.get(userID));
  }

  #everybody() {
    return [this.#self, ...this.#others];
  }

  #group() {
    const groupID = this.#one(this.#groups.keys());
    return { groupID, group: this.#groups.get(groupID) };
  }

  #one(choices) {
    return this.#pick([...choices]);
  }

  #some(choices, except) {
    return choices.filter((choice) => choice !== except && this.#random() < 0.5);
  }

  #pick(list) {
    return list[Math.floor(this.#random() * list.length)];
  }
}

const of = Upheaval.prototype;
const CHANGES = [
  of.befriend,
  of.befriend,
  of.unfriend,
  of.note,
  of.block,
  of.unblock,
  of.rename,
  of.found,
  of.invite,
  of.invite,
  of.kick,
  of.quit,
  of.rank,
  of.describeMember,
  of.mute,
  of.describe,
  of.handOver,
  of.dismiss,
  of.say,
  of.sayInGroup,
  of.sayInGroup,
  of.arrange,
];

function withRank(group, ...ranks) {
  return [...group].filter(([, rank]) => ranks.includes(rank)).map(([userID]) => userID);
}

/** Mulberry32: small, and the same numbers on every machine. */
function randomNumbers(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}
