$TTL 86400
@          3600 IN SOA  ns1 hostmaster (
                        2027011101 ; serial
                        3600       ; refresh
                        600        ; retry
                        1209600    ; expire
                        3600 )     ; negative TTL
                IN NS   ns1
                IN NS   ns2
                IN MX   10 mail    ; Exchange, in the basement
                IN TXT  "v=spf1 mx -all"
                IN TXT  "docs-site-verification=4f1c9d27"
                IN A    203.0.113.80
ns1             IN A    192.0.2.53
ns2             IN A    203.0.113.53
www             IN A    203.0.113.80
_dmarc          IN TXT  "v=DMARC1; p=none; rua=mailto:postmaster@example.com"
exch2016._domainkey IN TXT ( "v=DKIM1; k=rsa; p=MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEA7n4uNrKcrhhnMh8x5E3/X4gJ7Qqg67hdlBcz+XHMm1itXFffJ4JhR5xNWjLb+BuW7X7t9m1shBmL0LOgzY3miDnmt4tH1mXODgdaJ48a5gKyNtohuPG4a8vDmhHfI6eP3YDltbxi1/enHZl/mKx+JArBs5ayjUhJZLONzEMufSLAm097ti+kjeR6cEvm"
                                  "HwNxPT0373b2M/thPnR8EAY+msEtIVTNbwXmSg0tvQivwSjuyxf/RdEVUpr93eVo3BtkVyc93miUoD6a4NHSFpRUdRUfdvXoCGHwdGVHaF2cqJnvLhgHhSRoUqQlcdabMz3/wnkgQC8Y4BPDiKZ8jxwDZQIDAQAB" )
; what users typed into their mail programs
mail      14400 IN A    192.0.2.10
submit    14400 IN A    192.0.2.10
smtp      14400 IN A    192.0.2.10
imap      14400 IN A    192.0.2.10
owa       14400 IN A    192.0.2.10
autodiscover 3600 IN CNAME mail
