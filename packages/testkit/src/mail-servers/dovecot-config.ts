export interface DovecotPlaces {
  folder: string;
  imapPort: number;
  imapsPort: number;
  lmtpPort: number;
  authPort: number;
  certFile: string;
  keyFile: string;
}

const MAILBOXES = ["Drafts", "Sent", "Trash", "Junk", "Archive"];

function renderMailbox(name: string): string {
  return `  mailbox ${name} {\n    special_use = \\${name}\n    auto = create\n  }\n`;
}

/** One Dovecot of its own: IMAP over TLS, delivery by LMTP, logins for Postfix; nothing of /etc/dovecot takes part. */
export function renderDovecotConfig(places: DovecotPlaces): string {
  const { folder } = places;
  return `
base_dir = ${folder}/run
instance_name = nightdesk-test
log_path = ${folder}/dovecot.log
protocols = imap lmtp
listen = 127.0.0.1
ssl = yes
disable_plaintext_auth = no
ssl_cert = <${places.certFile}
ssl_key = <${places.keyFile}
mail_location = maildir:~/Maildir
mail_plugins =
first_valid_uid = 1
mail_fsync = never
auth_mechanisms = plain login
lmtp_rcpt_check_quota = no
recipient_delimiter = +
passdb {
  driver = passwd-file
  args = scheme=PLAIN username_format=%u ${folder}/users
}
userdb {
  driver = static
  args = uid=dovecot gid=dovecot home=${folder}/home/%u allow_all_users=yes
}
namespace inbox {
  inbox = yes
  separator = /
${MAILBOXES.map(renderMailbox).join("")}}
service imap-login {
  inet_listener imap {
    port = ${places.imapPort}
  }
  inet_listener imaps {
    port = ${places.imapsPort}
    ssl = yes
  }
}
service lmtp {
  inet_listener lmtp {
    port = ${places.lmtpPort}
  }
}
service auth {
  inet_listener postfix {
    port = ${places.authPort}
  }
}
service stats {
  client_limit = 1000
}
`;
}
