$TTL 3600
@               IN SOA  ns1 hostmaster (
                        2027052801 ; serial
                        3600       ; refresh
                        600        ; retry
                        1209600    ; expire
                        900 )      ; negative TTL
                IN NS   ns1
                IN NS   ns2
                IN MX   10 mx1     ; ByStar
                IN MX   20 mx2
                IN TXT  "v=spf1 mx -all"
                IN TXT  "docs-site-verification=4f1c9d27"
                IN A    203.0.113.80
ns1             IN A    192.0.2.53
ns2             IN A    203.0.113.53
www             IN A    203.0.113.80
mta-sts         IN A    203.0.113.80 ; the policy is served with the web site, not with the mail
mx1             IN A    198.51.100.21
                IN AAAA 2001:db8:51::21
mx2             IN A    198.51.100.22
                IN AAAA 2001:db8:51::22
webmail         IN A    198.51.100.25
submit          IN CNAME mx1
smtp            IN CNAME mx1
imap            IN CNAME webmail
pop             IN CNAME webmail
autodiscover    IN CNAME webmail
_dmarc          IN TXT  "v=DMARC1; p=quarantine; rua=mailto:postmaster@example.com"
_mta-sts        IN TXT  "v=STSv1; id=20270301T090000Z"
_smtp._tls      IN TXT  "v=TLSRPTv1; rua=mailto:postmaster@example.com"
bystar2027._domainkey IN TXT ( "v=DKIM1; k=rsa; p=MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAwRQbYJ3tkYlfXKTYl1wmTlvVG09gvitI/sBF+TP/XPW4b2CfpZLyGf0ET6KSbOQyyR8KYMZBZS9qDGXnoL6VzVK554E2R5hZdlvII9BxKv1HrK/zRsNHuiYMMNrjYV2eCv6dCv2T7bUNMg1/tur/neHdep9jcBMnWn1Csn9OHBPQ5sYIBDU/lqP656qT"
                                  "hciA+rlNClnbwzEvjUOx+j+FA/n36HR0IfhlZl4Q1kkm21t4tPEP/z2ec4+IYfHjKmD+33oLb898OE7HwbEk/IUWEdn9Bb/+yPfkks8BcXX8XThkqgS6cwGj66UGy2A/5mZxy+qr1FPXJr8cw87fMpZl5QIDAQAB" )
