// Every scenario, in the order in which a newcomer should read (and a new server pass) them: first
// what two accounts do with each other, then friends and groups.
import { login } from './login.mjs';
import { messages } from './messages.mjs';
import { gaps } from './gaps.mjs';
import { reading } from './reading.mjs';
import { removing } from './removing.mjs';
import { extras } from './extras.mjs';
import { settings } from './settings.mjs';
import { sessions } from './sessions.mjs';
import { outages } from './outages.mjs';
import { friends } from './friends.mjs';
import { groups } from './groups.mjs';
import { membership } from './membership.mjs';
import { groupMessages } from './group-messages.mjs';
import { settingsOfConversations } from './conversations.mjs';
import { search } from './search.mjs';
import { files } from './files.mjs';
import { sync } from './sync.mjs';

export const chats = {
  ...login,
  ...messages,
  ...gaps,
  ...reading,
  ...removing,
  ...extras,
  ...settings,
  ...sessions,
  ...outages,
};

export const circles = {
  ...friends,
  ...groups,
  ...membership,
  ...groupMessages,
  ...settingsOfConversations,
  ...search,
  ...files,
  ...sync,
};
