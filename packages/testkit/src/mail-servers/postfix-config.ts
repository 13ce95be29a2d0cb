export interface PostfixPlaces {
  folder: string;
  smtpPort: number;
  smtpsPort: number;
  lmtpPort: number;
  authPort: number;
  certFile: string;
  keyFile: string;
}

/** One Postfix of its own: submission over TLS with a login; every mail, to whomever, ends in this Dovecot. */
export function renderMainCf(places: PostfixPlaces): string {
  const { folder } = places;
  const settings = {
    compatibility_level: "3.6",
    queue_directory: `${folder}/queue`,
    data_directory: `${folder}/data`,
    command_directory: "/usr/sbin",
    daemon_directory: "/usr/lib/postfix/sbin",
    mail_owner: "postfix",
    setgid_group: "postdrop",
    maillog_file: `${folder}/postfix.log`,
    maillog_file_prefixes: folder,
    inet_interfaces: "127.0.0.1",
    inet_protocols: "ipv4",
    myhostname: "mail.test.example",
    mydestination: "",
    mynetworks: "",
    relay_domains: "",
    local_recipient_maps: "",
    // Nothing leaves this machine.
    default_transport: `lmtp:inet:127.0.0.1:${places.lmtpPort}`,
    relay_transport: `lmtp:inet:127.0.0.1:${places.lmtpPort}`,
    disable_dns_lookups: "yes",
    lmtp_host_lookup: "native",
    smtpd_sasl_auth_enable: "yes",
    smtpd_sasl_type: "dovecot",
    smtpd_sasl_path: `inet:127.0.0.1:${places.authPort}`,
    smtpd_relay_restrictions: "permit_sasl_authenticated,reject",
    smtpd_recipient_restrictions: `check_recipient_access texthash:${folder}/refused,permit_sasl_authenticated,reject`,
    smtpd_tls_security_level: "may",
    smtpd_tls_cert_file: places.certFile,
    smtpd_tls_key_file: places.keyFile,
    smtputf8_enable: "yes",
    message_size_limit: "52428800",
    biff: "no",
  };
  return Object.entries(settings)
    .map(([name, value]) => `${name} = ${value}\n`)
    .join("");
}

/** The services needed, none in a chroot. */
export function renderMasterCf({ smtpPort, smtpsPort }: PostfixPlaces): string {
  const services = [
    `127.0.0.1:${smtpPort} inet n - n - - smtpd`,
    `127.0.0.1:${smtpsPort} inet n - n - - smtpd -o smtpd_tls_wrappermode=yes`,
    "pickup unix n - n 60 1 pickup",
    "cleanup unix n - n - 0 cleanup",
    "qmgr unix n - n 300 1 qmgr",
    "tlsmgr unix - - n 1000? 1 tlsmgr",
    "rewrite unix - - n - - trivial-rewrite",
    "bounce unix - - n - 0 bounce",
    "defer unix - - n - 0 bounce",
    "trace unix - - n - 0 bounce",
    "verify unix - - n - 1 verify",
    "proxymap unix - - n - - proxymap",
    "smtp unix - - n - - smtp",
    "relay unix - - n - - smtp",
    "showq unix n - n - - showq",
    "error unix - - n - - error",
    "retry unix - - n - - error",
    "discard unix - - n - - discard",
    "lmtp unix - - n - - lmtp",
    "anvil unix - - n - 1 anvil",
    "scache unix - - n - 1 scache",
    "postlog unix-dgram n - n - 1 postlogd",
  ];
  return `${services.join("\n")}\n`;
}
